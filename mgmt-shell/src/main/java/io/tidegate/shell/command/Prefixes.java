package io.tidegate.shell.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Writes abbreviated nouns and verbs out, for the interactive shell: {@code vol l} is {@code volume
 * list}. Scripts need full words, or a later command would break them.
 */
final class Prefixes {

    private Prefixes() {}

    /**
     * The words with noun and verb written out as far as they are known.
     *
     * @throws CommandFailure when a prefix fits several
     */
    static List<String> expand(CommandSpec root, List<String> words) throws CommandFailure {
        List<String> full = new ArrayList<>(words);
        CommandSpec at = root;
        for (int i = 0; i < full.size() && !at.subcommands().isEmpty(); i++) {
            Optional<CommandSpec> next = find(at, full.get(i));
            if (next.isEmpty()) {
                return full;
            }
            at = next.get();
            full.set(i, at.name());
        }
        return full;
    }

    private static Optional<CommandSpec> find(CommandSpec parent, String word)
            throws CommandFailure {
        Optional<CommandSpec> exact = Tree.child(parent, word);
        if (exact.isPresent() || word.isEmpty()) {
            return exact;
        }
        Set<CommandSpec> fitting =
                Tree.children(parent).stream()
                        .filter(c -> c.names().stream().anyMatch(n -> n.startsWith(word)))
                        .collect(Collectors.toSet());
        if (fitting.size() > 1) {
            throw CommandFailure.usage(
                    "the command was not run",
                    "'%s' may be %s"
                            .formatted(
                                    word,
                                    fitting.stream()
                                            .map(CommandSpec::name)
                                            .sorted()
                                            .collect(Collectors.joining(", "))),
                    "write more of it");
        }
        return fitting.stream().findFirst();
    }
}
