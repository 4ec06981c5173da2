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
 * A command as it was understood: full words, no options of output or confirmation, secrets masked.
 * The audit log keeps it, and a repeat with the same request id is known by it.
 */
final class Spoken {

    /** The label by which a secret value is known. */
    static final String SECRET = "SECRET";

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
            boolean secret = SECRET.equals(place.paramLabel());
            place.originalStringValues()
                    .forEach(value -> words.add(secret ? "***" : Line.quoted(value)));
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
        boolean secret = SECRET.equals(option.paramLabel());
        return option.originalStringValues().stream()
                .map(v -> option.longestName() + " " + (secret ? "***" : Line.quoted(v)))
                .collect(Collectors.joining(" "));
    }
}
