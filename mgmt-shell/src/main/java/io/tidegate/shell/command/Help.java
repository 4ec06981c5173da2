package io.tidegate.shell.command;

import io.tidegate.shell.Access;
import io.tidegate.shell.render.Result;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** {@code help}, {@code help NOUN VERB}, {@code ?} and {@code --help}, written from the tree. */
public final class Help {

    private final Tree tree;

    Help(Tree tree) {
        this.tree = tree;
    }

    /** The help text, if the words ask for one. */
    Optional<Result> answer(List<String> words, boolean abbreviations) throws CommandFailure {
        if (words.getFirst().equals("help") || words.getFirst().equals("?")) {
            return Optional.of(text(words.subList(1, words.size()), abbreviations));
        }
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (word.equals("--help") || word.equals("-h") || word.equals("?")) {
                return Optional.of(text(words.subList(0, i), abbreviations));
            }
        }
        return Optional.empty();
    }

    private Result text(List<String> topic, boolean abbreviations) throws CommandFailure {
        CommandSpec root = tree.make().getCommandSpec();
        if (topic.size() == 1 && Topics.known(topic.getFirst())) {
            String name = topic.getFirst();
            return document(name.equals("options") ? options(root) : Topics.text(name));
        }
        List<String> words = abbreviations ? Prefixes.expand(root, topic) : topic;
        CommandSpec at = root;
        for (String word : words) {
            if (at.subcommands().isEmpty()) {
                break; // what follows a verb are its own parameters
            }
            Optional<CommandSpec> next = Tree.child(at, word);
            if (next.isEmpty()) {
                throw CommandFailure.usage(
                        "there is no help for " + String.join(" ", words),
                        "'" + word + "' is no word here",
                        at == root ? "help" : "help " + Tree.path(at));
            }
            at = next.get();
        }
        return document(at == root ? top(root) : at.subcommands().isEmpty() ? verb(at) : noun(at));
    }

    private static Result document(String text) {
        return new Result.Document("Help", text);
    }

    private static String top(CommandSpec root) {
        StringBuilder text =
                new StringBuilder("Commands are NOUN VERB [NAME...] [--option value].\n\n");
        table(text, Tree.children(root).stream().map(c -> row(c.name(), sentence(c))).toList());
        text.append('\n').append(Topics.list());
        return text.toString();
    }

    private static String noun(CommandSpec noun) {
        StringBuilder text = new StringBuilder(Tree.path(noun) + ": " + sentence(noun) + "\n");
        if (noun.aliases().length > 0) {
            text.append("also: ").append(String.join(", ", noun.aliases())).append('\n');
        }
        text.append('\n');
        table(
                text,
                Tree.children(noun).stream()
                        .map(v -> row(v.name() + places(v), sentence(v)))
                        .toList());
        return text.append("\nhelp ")
                .append(Tree.path(noun))
                .append(" VERB tells more.\n")
                .toString();
    }

    /** Everything about one verb. */
    public static String verb(CommandSpec verb) {
        About about = Tree.about(verb);
        StringBuilder text = new StringBuilder(sentence(verb)).append("\n\n");
        List<OptionSpec> own = verb.options().stream().filter(o -> !Spoken.isGlobal(o)).toList();
        text.append("usage:  ").append(Tree.path(verb)).append(places(verb));
        text.append(own.isEmpty() ? "\n" : " [options]\n");
        text.append("needs:  ").append(access(about.access())).append('\n');
        List<String[]> rows = new ArrayList<>();
        for (PositionalParamSpec place : verb.positionalParameters()) {
            rows.add(row(place.paramLabel(), description(place.description())));
        }
        for (OptionSpec option : own) {
            rows.add(row(option(option), description(option.description()) + standard(option)));
        }
        if (!rows.isEmpty()) {
            text.append('\n');
            table(text, rows);
        }
        text.append("\nexamples:\n");
        for (String example : about.examples()) {
            text.append("  ").append(example).append('\n');
        }
        text.append("\nexit codes: ");
        text.append(
                exits(verb).stream()
                        .map(e -> e.code() + " " + e.meaning())
                        .collect(Collectors.joining("; ")));
        return text.append("\nmore: help options, help states\n").toString();
    }

    static String options(CommandSpec root) {
        StringBuilder text = new StringBuilder("Options that every verb takes:\n\n");
        CommandSpec any = Tree.verbs(root).findFirst().orElseThrow();
        table(
                text,
                any.options().stream()
                        .filter(Spoken::isGlobal)
                        .map(o -> row(option(o), description(o.description())))
                        .toList());
        return text.toString();
    }

    /** Exit codes that a verb can end with. */
    public static Set<ExitCode> exits(CommandSpec verb) {
        Set<ExitCode> all =
                new TreeSet<>(
                        List.of(
                                ExitCode.DONE,
                                ExitCode.FAILED,
                                ExitCode.USAGE,
                                ExitCode.NOT_FOUND,
                                ExitCode.DENIED,
                                ExitCode.INTERNAL));
        if (!(verb.userObject() instanceof Verb.Reading)) {
            all.addAll(List.of(ExitCode.CONFLICT, ExitCode.CONFIRMATION));
        }
        if (verb.userObject() instanceof Verb.Starting) {
            all.addAll(List.of(ExitCode.TIMEOUT, ExitCode.DEVICE, ExitCode.INTERRUPTED));
        }
        all.addAll(Arrays.asList(Tree.about(verb).exits()));
        return all;
    }

    /** The roles that a demand is met by, in words. */
    public static String access(Access access) {
        return switch (access) {
            case EVERYONE -> "any role";
            case READ -> "role reader, operator or admin";
            case OPERATE -> "role operator or admin";
            case ADMINISTER -> "role admin";
            case SECURE -> "role security";
        };
    }

    /** The first line of a description. */
    public static String sentence(CommandSpec spec) {
        return description(spec.usageMessage().description());
    }

    private static String places(CommandSpec verb) {
        return verb.positionalParameters().stream()
                .map(
                        p -> {
                            String label = p.paramLabel() + (p.arity().max() > 1 ? "..." : "");
                            return p.arity().min() == 0 ? " [" + label + "]" : " " + label;
                        })
                .collect(Collectors.joining());
    }

    private static String option(OptionSpec option) {
        String names = String.join(", ", option.names());
        return option.arity().max() == 0 ? names : names + " " + option.paramLabel();
    }

    private static String standard(OptionSpec option) {
        String value = option.defaultValue();
        String text = option.required() ? " (required)" : "";
        return value == null || option.arity().max() == 0
                ? text
                : text + " (default " + value + ")";
    }

    private static String description(String[] lines) {
        String text = String.join(" ", lines).replace("%%", "%");
        int candidates = text.indexOf("${COMPLETION-CANDIDATES}");
        return candidates < 0
                ? text
                : text.replace("${COMPLETION-CANDIDATES}", "table, wide, json, jsonl, csv, name");
    }

    private static String[] row(String left, String right) {
        return new String[] {left, right};
    }

    private static void table(StringBuilder text, List<String[]> rows) {
        int width = rows.stream().mapToInt(r -> r[0].length()).max().orElse(0);
        for (String[] row : rows) {
            text.append("  ").append(row[0]).append(" ".repeat(width - row[0].length()));
            text.append("  ").append(row[1]).append('\n');
        }
    }
}
