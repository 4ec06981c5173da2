package io.tidegate.shell.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/**
 * A command as it was understood: full words, no options of output or confirmation. It holds no
 * secrets, for no verb takes one on its command line (they are asked for, or read from the input).
 * The audit log keeps it, and a repeat with the same request id is known by it.
 */
final class Spoken {

    private static final Set<String> NOT_KEPT =
            java.util.Arrays.stream(Globals.class.getDeclaredFields())
                    .map(f -> f.getAnnotation(picocli.CommandLine.Option.class))
                    .filter(Objects::nonNull)
                    .flatMap(o -> java.util.Arrays.stream(o.names()))
                    .collect(Collectors.toUnmodifiableSet());

    private Spoken() {}

    static String of(ParseResult verb) {
        List<String> words = new ArrayList<>();
        words.add(Tree.path(verb.commandSpec()));
        for (PositionalParamSpec place : verb.matchedPositionals()) {
            place.originalStringValues().forEach(value -> words.add(Line.quoted(value)));
        }
        for (OptionSpec option : verb.matchedOptions()) {
            if (!isGlobal(option)) {
                words.add(spoken(option));
            }
        }
        return String.join(" ", words);
    }

    static boolean isGlobal(OptionSpec option) {
        return NOT_KEPT.contains(option.names()[0]);
    }

    private static String spoken(OptionSpec option) {
        if (option.arity().max() == 0) {
            return option.longestName();
        }
        return option.originalStringValues().stream()
                .map(v -> option.longestName() + " " + Line.quoted(v))
                .collect(Collectors.joining(" "));
    }
}
