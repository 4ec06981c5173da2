package io.tidegate.shell.noun;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.shell.Access;
import io.tidegate.shell.TestAppliance;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.Help;
import io.tidegate.shell.command.Line;
import io.tidegate.shell.command.Reference;
import io.tidegate.shell.command.Tree;
import io.tidegate.shell.command.Verb;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Model.CommandSpec;

/** Walks every verb of the tree. */
class TreeTest {

    /** What everyone may change: their own password and keys. */
    private static final Set<String> OWN = Set.of("user password", "key add", "key delete");

    private static TestAppliance appliance;
    private static List<CommandSpec> verbs;

    @BeforeAll
    static void tree(@TempDir Path data) throws Exception {
        appliance = new TestAppliance(data);
        verbs = Tree.verbs(appliance.dispatcher.tree().make().getCommandSpec()).toList();
    }

    @AfterAll
    static void close() {
        appliance.close();
    }

    @Test
    void whateverChangesNeedsARoleThatMayWrite() {
        assertThat(verbs).hasSizeGreaterThan(60);
        for (CommandSpec verb : verbs) {
            Access access = Tree.about(verb).access();
            boolean changes = !(verb.userObject() instanceof Verb.Reading);
            boolean mayWrite =
                    access == Access.OPERATE
                            || access == Access.ADMINISTER
                            || access == Access.SECURE;
            assertThat(!changes || mayWrite || OWN.contains(Tree.path(verb)))
                    .as(Tree.path(verb))
                    .isTrue();
            if (verb.name().equals("purge")) {
                assertThat(access).as(Tree.path(verb)).isEqualTo(Access.ADMINISTER);
            }
        }
    }

    @Test
    void everyVerbTellsOfItselfWithExamplesThatParse() throws Exception {
        for (CommandSpec verb : verbs) {
            About about = Tree.about(verb);
            assertThat(Help.sentence(verb)).as(Tree.path(verb)).endsWith(".");
            assertThat(about.examples()).as(Tree.path(verb)).hasSizeGreaterThanOrEqualTo(2);
            assertThat(Help.exits(verb)).as(Tree.path(verb)).isNotEmpty();
            for (String example : about.examples()) {
                assertThat(example).startsWith(Tree.path(verb));
                List<String> words = Line.parse(example).getFirst();
                appliance.dispatcher.tree().make().parseArgs(words.toArray(String[]::new));
            }
            verb.options().forEach(o -> assertThat(o.description()).isNotEmpty());
        }
    }

    @Test
    void theReferenceIsUpToDate() throws Exception {
        Path file = Path.of("..", "docs", "commands.md");
        String text = Reference.markdown(appliance.dispatcher.tree());
        if (Boolean.getBoolean("tidegate.write-docs")) {
            Files.createDirectories(file.getParent());
            Files.writeString(file, text);
        }
        assertThat(Files.readString(file))
                .as("write it anew: mvn -pl mgmt-shell test -DargLine=-Dtidegate.write-docs=true")
                .isEqualTo(text);
    }
}
