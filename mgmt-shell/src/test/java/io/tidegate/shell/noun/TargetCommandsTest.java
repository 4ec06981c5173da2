package io.tidegate.shell.noun;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidegate.shell.Access;
import io.tidegate.shell.Caller;
import io.tidegate.shell.TestAppliance;
import io.tidegate.shell.TestConsole;
import io.tidegate.shell.command.Dispatcher.Manner;
import io.tidegate.shell.command.Line;
import java.nio.file.Path;
import java.util.EnumSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Redirects and CHAP of discovery by commands. */
class TargetCommandsTest {
    private static final Caller ROOT =
            new Caller("admin", EnumSet.allOf(Access.class), "192.0.2.1:5000", "password", false);
    private static final String SECRET = "a discovery secret";

    private record Said(int code, String out, String err) {}

    private TestAppliance appliance;
    private String target;

    @BeforeEach
    void open(@TempDir Path data) throws Exception {
        appliance = new TestAppliance(data);
        target = appliance.services.targets().list().getFirst().name();
        ok("target portal add 127.0.0.1:3261 --advertise gateway.example:13261");
        ok("host create esx7 --iqn iqn.1998-01.com.example:esx7");
    }

    @AfterEach
    void close() {
        appliance.close();
    }

    private Said ok(String line, String... answers) throws Exception {
        Said said = run(line, answers);
        assertThat(said.code()).as(line + "\n" + said.out() + said.err()).isZero();
        return said;
    }

    private Said run(String line, String... answers) throws Exception {
        TestConsole console = new TestConsole(false, answers);
        int code =
                appliance.dispatcher.run(ROOT, console, Manner.SCRIPT, Line.parse(line).getFirst());
        return new Said(code, console.printed(), console.complained());
    }

    @Test
    void aRedirectIsMadeShownAndEnded() throws Exception {
        String redirect = "target redirect " + target + " --portal 127.0.0.1:3261 --host esx7";
        Said asked = run(redirect);
        assertThat(asked.code()).isEqualTo(5);
        assertThat(ok(redirect + " --dry-run").out()).contains("esx7", "gateway.example:13261");
        ok(redirect + " --yes");
        JsonNode shown =
                new ObjectMapper()
                        .readTree(ok("target show " + target + " -o json").out())
                        .get("item")
                        .get("redirects")
                        .get(0);
        assertThat(shown.get("host").asText()).isEqualTo("esx7");
        assertThat(shown.get("portal").asText()).isEqualTo("127.0.0.1:3261");
        assertThat(shown.get("advertised").asText()).isEqualTo("gateway.example:13261");
        assertThat(run("target portal remove 127.0.0.1:3261 --yes").code()).isEqualTo(4);
        ok("target redirect " + target + " --off --yes");
        assertThat(ok("target show " + target).out()).doesNotContain("esx7");
    }

    @Test
    void aRedirectToNowhereIsRefused() throws Exception {
        String start = "target redirect " + target + " --yes";
        assertThat(run(start).code()).isEqualTo(2);
        assertThat(run(start + " --off --portal 127.0.0.1:3261").code()).isEqualTo(2);
        Said nowhere = run(start + " --portal 127.0.0.1:9");
        assertThat(nowhere.code()).isEqualTo(3);
        assertThat(nowhere.err()).contains("does not listen there", "target portal add");
        assertThat(run(start + " --portal 127.0.0.1:3261 --host nobody").code()).isEqualTo(3);
    }

    @Test
    void discoveryIsGivenASecretThatIsNeverShown() throws Exception {
        ok("target discovery set --chap-user finder --mutual-user gate", SECRET, "another secret");
        Said shown = ok("target discovery show -o json");
        assertThat(shown.out()).contains("finder", "gate").doesNotContain(SECRET);
        assertThat(ok("audit list -o json").out()).contains("discovery").doesNotContain(SECRET);
        assertThat(run("target discovery set --chap-user finder", "short").code()).isEqualTo(2);
        assertThat(run("target discovery set --chap-user finder").code()).isEqualTo(2);
        assertThat(run("target discovery set --chap-user finder --no-chap").code()).isEqualTo(2);
        assertThat(run("target discovery set --no-chap").code()).isEqualTo(5);
        ok("target discovery set --no-chap --yes");
        assertThat(ok("target discovery show").out()).doesNotContain("finder");
    }
}
