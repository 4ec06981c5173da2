package io.tidegate.shell.command;

import io.tidegate.shell.Caller;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * What may be typed next: nouns and verbs that the caller may use, options, their values, and the
 * names of objects that exist.
 */
public final class Completion {

    /** A word that fits, with its description. */
    public record Proposal(String word, String description, boolean complete) {}

    private final Tree tree;
    private final Caller caller;
    private final List<String> builtins;

    /**
     * @param builtins words of the shell itself, proposed beside the nouns
     */
    public Completion(Tree tree, Caller caller, List<String> builtins) {
        this.tree = tree;
        this.caller = caller;
        this.builtins = List.copyOf(builtins);
    }

    /** Proposals for {@code current}, which follows the complete words {@code before}. */
    public List<Proposal> propose(List<String> before, String current) {
        CommandSpec at = tree.make().getCommandSpec();
        List<String> words = expand(at, before);
        int i = 0;
        boolean help = !words.isEmpty() && words.getFirst().equals("help");
        if (help) {
            i++;
        }
        while (i < words.size() && !at.subcommands().isEmpty()) {
            Optional<CommandSpec> next = Tree.child(at, words.get(i));
            if (next.isEmpty()) {
                return List.of();
            }
            at = next.get();
            i++;
        }
        if (!at.subcommands().isEmpty()) {
            return children(at, !help && before.isEmpty());
        }
        return help ? List.of() : arguments(at, words.subList(i, words.size()), current);
    }

    private static List<String> expand(CommandSpec root, List<String> words) {
        try {
            return Prefixes.expand(root, words);
        } catch (CommandFailure ambiguous) {
            return words; // nothing fits behind it, and Enter will say why
        }
    }

    private List<Proposal> children(CommandSpec at, boolean top) {
        List<Proposal> all = new ArrayList<>();
        for (CommandSpec child : Tree.children(at)) {
            if (allowed(child)) {
                all.add(new Proposal(child.name(), Help.sentence(child), true));
            }
        }
        if (top) {
            builtins.forEach(word -> all.add(new Proposal(word, "", true)));
        }
        return all;
    }

    private boolean allowed(CommandSpec spec) {
        return spec.userObject() instanceof Verb
                ? caller.may(Tree.about(spec).access())
                : Tree.verbs(spec).anyMatch(this::allowed);
    }

    private static List<Proposal> arguments(CommandSpec verb, List<String> words, String current) {
        int equals = current.indexOf('=');
        if (current.startsWith("--") && equals > 0) {
            OptionSpec option = verb.findOption(current.substring(0, equals));
            String head = current.substring(0, equals + 1);
            return option == null
                    ? List.of()
                    : values(option).stream().map(v -> new Proposal(head + v, "", true)).toList();
        }
        if (!words.isEmpty()) {
            OptionSpec waiting = verb.findOption(words.getLast());
            if (waiting != null && waiting.arity().min() > 0) {
                return values(waiting).stream().map(v -> new Proposal(v, "", true)).toList();
            }
        }
        return current.startsWith("-") ? options(verb, words) : names(verb, words);
    }

    private static List<Proposal> options(CommandSpec verb, List<String> words) {
        List<Proposal> all = new ArrayList<>();
        for (OptionSpec option : verb.options()) {
            boolean used = List.of(option.names()).stream().anyMatch(words::contains);
            if (!used || option.isMultiValue()) {
                String text = String.join(" ", option.description());
                all.add(new Proposal(option.longestName(), text, true));
            }
        }
        return all;
    }

    private static List<Proposal> names(CommandSpec verb, List<String> words) {
        int place = 0;
        for (int i = 0; i < words.size(); i++) {
            OptionSpec option = verb.findOption(words.get(i));
            if (option != null) {
                i += option.arity().min();
            } else if (!words.get(i).startsWith("-")) {
                place++;
            }
        }
        for (PositionalParamSpec param : verb.positionalParameters()) {
            if (param.index().contains(place)) {
                return values(param).stream()
                        .filter(v -> !words.contains(v))
                        .map(v -> new Proposal(v, "", true))
                        .toList();
            }
        }
        return List.of();
    }

    private static List<String> values(ArgSpec arg) {
        List<String> values = new ArrayList<>();
        if (arg.completionCandidates() != null) {
            arg.completionCandidates().forEach(values::add);
        } else if (arg.converters().length > 0 && arg.converters()[0] instanceof Converters.OnOff) {
            values.addAll(List.of("on", "off"));
        }
        return values;
    }
}
