package io.tidegate.shell.command;

import io.tidegate.shell.ShellServices;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

/** The whole tree of nouns and verbs, made anew for each call, since verbs keep their options. */
public final class Tree {

    @Command(name = "tidegate")
    private static final class Root {}

    private final ShellServices services;
    private final List<Class<?>> nouns;

    public Tree(ShellServices services, List<Class<?>> nouns) {
        this.services = services;
        this.nouns = List.copyOf(nouns);
    }

    /** A fresh tree. */
    public CommandLine make() {
        Objects objects = new Objects(services);
        CommandLine root = new CommandLine(new Root(), objects);
        for (Class<?> noun : nouns) {
            root.addSubcommand(new CommandLine(noun, objects));
        }
        root.setCaseInsensitiveEnumValuesAllowed(true);
        root.setOverwrittenOptionsAllowed(false);
        root.setUnmatchedOptionsArePositionalParams(false);
        return root;
    }

    /** A child by name or alias. */
    static Optional<CommandSpec> child(CommandSpec parent, String word) {
        CommandLine found = parent.subcommands().get(word);
        return found == null ? Optional.empty() : Optional.of(found.getCommandSpec());
    }

    /** Children without repeating those that have aliases. */
    public static Set<CommandSpec> children(CommandSpec parent) {
        Set<CommandSpec> all = new LinkedHashSet<>();
        parent.subcommands().values().forEach(line -> all.add(line.getCommandSpec()));
        return all;
    }

    /** Every verb below, as leaves of the tree. */
    public static Stream<CommandSpec> verbs(CommandSpec top) {
        return children(top).stream()
                .flatMap(c -> c.userObject() instanceof Verb ? Stream.of(c) : verbs(c));
    }

    /** What a verb says of itself. */
    public static About about(CommandSpec verb) {
        About about = verb.userObject().getClass().getAnnotation(About.class);
        if (about == null) {
            throw new IllegalStateException(verb.qualifiedName() + " says nothing of itself");
        }
        return about;
    }

    /** The words of a command without the root's: {@code volume create}. */
    public static String path(CommandSpec spec) {
        String name = spec.qualifiedName();
        return name.substring(name.indexOf(' ') + 1);
    }
}
