package io.tidegate.shell.command;

import picocli.CommandLine.Model.CommandSpec;

/** The reference of all commands as a Markdown page, written from the tree. */
public final class Reference {

    private Reference() {}

    /** The whole page. */
    public static String markdown(Tree tree) {
        CommandSpec root = tree.make().getCommandSpec();
        StringBuilder text =
                new StringBuilder(
                        """
                        # Commands

                        Written from the command tree; a test compares. Commands are `NOUN VERB [NAME...]
                        [--option value]`, in the interactive shell (`ssh HOST`), as one-shots
                        (`ssh HOST volume list`) and as scripts over standard input (`ssh HOST < FILE`).
                        Secrets are never words of a command: they are asked for, or are the first lines
                        of the input.

                        """);
        section(text, "Options that every verb takes", Help.options(root));
        section(text, "Values", Topics.text("values"));
        section(text, "The interactive shell", Topics.text("shell"));
        section(text, "States", Topics.text("states"));
        section(text, "Exit codes", Topics.text("exit-codes"));
        for (CommandSpec noun : Tree.children(root)) {
            text.append("## ").append(Tree.path(noun)).append("\n\n");
            text.append(Help.sentence(noun)).append("\n\n");
            Tree.verbs(noun)
                    .forEach(
                            verb -> {
                                text.append("### ").append(Tree.path(verb)).append("\n\n```text\n");
                                text.append(Help.verb(verb)).append("```\n\n");
                            });
        }
        return text.toString().stripTrailing() + "\n";
    }

    private static void section(StringBuilder text, String title, String body) {
        text.append("## ").append(title).append("\n\n```text\n").append(body).append("```\n\n");
    }
}
