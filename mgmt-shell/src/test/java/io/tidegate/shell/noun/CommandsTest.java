package io.tidegate.shell.noun;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidegate.audit.AuditFilter;
import io.tidegate.audit.AuditRecord;
import io.tidegate.shell.Access;
import io.tidegate.shell.Caller;
import io.tidegate.shell.TestAppliance;
import io.tidegate.shell.TestConsole;
import io.tidegate.shell.command.Completion;
import io.tidegate.shell.command.Dispatcher.Manner;
import io.tidegate.shell.command.Line;
import io.tidegate.shell.render.Form;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The commands on the real services and a real pool. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CommandsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Caller ROOT = caller("admin", EnumSet.allOf(Access.class));
    private static final Caller READER = caller("reader", Set.of(Access.EVERYONE, Access.READ));

    private record Said(int code, String out, String err) {
        JsonNode json() throws Exception {
            return JSON.readTree(out);
        }
    }

    private TestAppliance appliance;

    CommandsTest(@TempDir Path data) throws Exception {
        appliance = new TestAppliance(data);
        this.data = data;
    }

    private final Path data;

    @BeforeAll
    void pools() {
        ok("pool create fast --path " + data.resolve("fast") + " --size 512MiB");
        ok("pool create capacity --tier capacity --size 512MiB --path " + data.resolve("cap"));
    }

    @AfterAll
    void close() {
        appliance.close();
    }

    @Test
    void aCopyIsPlannedWithItsReason() throws Exception {
        ok("volume create plan-a --pool fast --size 8MiB");
        ok("volume create plan-b --pool fast --size 16MiB");
        String said = ok("copy plan --from plan-a --to plan-b").out();
        assertThat(said).contains("share+plain", "both lie in one store", "8 MiB", "4 KiB");
        ok("snapshot create plan-b --name s");
        ok("copy plan --from plan-b@s --to plan-b");
        assertThat(run("copy plan --from plan-b --to plan-a").err()).contains("does not fit");
        assertThat(run("copy plan --from plan-none --to plan-a").code()).isNotZero();
        ok("qrv create plan-a --name plan-q --pool fast");
        Said refused = run("copy plan --from plan-a --to plan-q");
        assertThat(refused.err()).contains("QRV plan-q keeps its copy there");
        ok("snapshot delete plan-b@s --yes --confirm plan-b@s");
        assertThat(run("copy plan --from plan-b@s --to plan-b").code()).isNotZero();
    }

    @Test
    void theMainJob() throws Exception {
        ok("volume create db01 --pool fast --size 64MiB");
        ok("host create esx7 --iqn IQN.1998-01.com.example:ESX7");
        JsonNode lun = ok("lun map db01 --host esx7 --lun 3 -o json").json().get("item");
        assertThat(lun.get("lun").asInt()).isEqualTo(3);
        ok("snapshot create db01 --name first --keep 7d");
        assertThat(ok("snapshot list --volume db01 -o name").out()).isEqualTo("db01@first\n");
        assertThat(ok("qrv create db01 --name db01-q1 --pool capacity").out())
                .startsWith("qrv db01-q1 is ready");
        ok("qrv refresh db01-q1");
        assertThat(ok("qrv verify db01-q1 -o json").json().get("item").get("equal").asBoolean())
                .isTrue();
        Said held = run("qrv promote db01-q1 --unplanned --yes --confirm db01-q1");
        assertThat(held.code()).as(held.err()).isEqualTo(7);
        assertThat(held.out()).contains("the LUN is held");
        ok("qrv promote db01-q1 --unplanned --hosts-stopped --yes --confirm db01-q1");
        JsonNode volume = ok("volume show db01 -o json").json().get("item");
        assertThat(volume.get("naa").asText()).isEqualTo(lun.get("naa").asText());
        ok("volume show db01-old");
        assertThat(ok("job list -o json").json().get("items")).hasSizeGreaterThanOrEqualTo(4);
    }

    @Test
    void everyChangeIsInTheAuditLogAsItWasMeant() {
        ok("volume create logged --pool fast --size 1MiB -o json --reason 'a test' -q");
        AuditRecord record =
                appliance.services.catalog().audit(AuditFilter.newest(20)).stream()
                        .filter(r -> r.object().equals("volume:logged"))
                        .findFirst()
                        .orElseThrow();
        assertThat(record.request().command())
                .isEqualTo("volume create logged --pool fast --size 1MiB");
        assertThat(record.request().user()).isEqualTo("admin");
        assertThat(record.request().reason()).contains("a test");
        assertThat(ok("audit verify").out()).contains("whole");
        assertThat(ok("audit list --object volume:logged -o csv").out()).contains("a test");
    }

    @Test
    void refusesWithoutRoleAndRecordsIt() {
        Said said = run(READER, new TestConsole(false), "volume create no --pool fast --size 1M");
        assertThat(said.code()).isEqualTo(6);
        assertThat(said.err()).startsWith("error: DENIED").contains("role operator");
        assertThat(appliance.services.catalog().audit(AuditFilter.newest(20)))
                .anyMatch(r -> r.request().command().contains("volume create no"));
        assertThat(run(READER, new TestConsole(false), "volume list").code()).isZero();
        assertThat(run(READER, new TestConsole(false), "audit list").code()).isEqualTo(6);
    }

    @Test
    void destroyingNeedsTheName() {
        ok("volume create gone --pool fast --size 1MiB");
        Said script = run("volume delete gone");
        assertThat(script.code()).isEqualTo(5);
        assertThat(script.err()).contains("volume delete gone --yes --confirm gone");
        assertThat(run("volume delete gone --yes").code()).isEqualTo(5);
        assertThat(run("volume delete gone --yes --confirm other").code()).isEqualTo(5);
        TestConsole wrong = new TestConsole(true, "gon");
        assertThat(run(ROOT, wrong, "volume delete gone").code()).isEqualTo(5);
        assertThat(wrong.complained()).startsWith("PLAN  volume delete gone");
        assertThat(ok("volume delete gone --dry-run").out()).contains("nothing has been changed");
        assertThat(ok("volume list -o name").out()).contains("gone");
        assertThat(run(ROOT, new TestConsole(true, "gone"), "volume delete gone").code()).isZero();
        assertThat(ok("volume list -o name").out().lines()).doesNotContain("gone");
        assertThat(ok("volume delete gone").out()).contains("bin"); // again: no error, no question
        ok("volume undelete gone");
        ok("volume delete never --missing-ok");
        assertThat(run("volume delete never").code()).isEqualTo(3);
    }

    @Test
    void jobsCanBeLeftAlone() throws Exception {
        ok("volume create big --pool fast --size 8MiB");
        JsonNode job = ok("qrv create big --name big-q1 --async -o json").json().get("item");
        String id = job.get("id").asText();
        assertThat(ok("job wait " + id + " --timeout 60s").out()).contains("done");
        assertThat(ok("job show " + id).out()).contains("qrv-create");
        assertThat(run("job show 999999").code()).isEqualTo(3);
        assertThat(run("qrv refresh big-q1 --async --wait=1m").code()).isEqualTo(2);
    }

    @Test
    void errorsTellTheWayOut() {
        Said unknown = run("volume lst");
        assertThat(unknown.code()).isEqualTo(2);
        assertThat(unknown.err()).contains("error: USAGE", "fix:", "help volume");
        Said json = run("volume show nothing -o json");
        assertThat(json.code()).isEqualTo(3);
        assertThat(json.err()).startsWith("{\"error\":{\"code\":\"NOT_FOUND\"");
        assertThat(run("volume create x --pool fast --size 1.5T").code()).isEqualTo(2);
        assertThat(run("volume").err()).contains("needs a verb: list, show");
        assertThat(run("volume list --filter nothing=1").code()).isEqualTo(2);
    }

    @Test
    void prefixesAreForTheInteractiveShellOnly() {
        assertThat(run("vol li").code()).isEqualTo(2);
        assertThat(run("vol ls").code()).isZero(); // aliases are full words
        Manner shell = new Manner(Form.table, true, true);
        TestConsole console = new TestConsole(true);
        assertThat(appliance.dispatcher.run(ROOT, console, shell, List.of("vol", "li"))).isZero();
        assertThat(appliance.dispatcher.run(ROOT, console, shell, List.of("s", "li"))).isEqualTo(2);
        assertThat(console.complained()).contains("'s' may be session, snapshot, system");
    }

    @Test
    void completesWordsOptionsAndNames() {
        ok("volume create completed --pool fast --size 1MiB");
        Completion all = new Completion(appliance.dispatcher.tree(), ROOT, List.of("exit"));
        assertThat(words(all, List.of(), "")).contains("volume", "qrv", "exit");
        assertThat(words(all, List.of("volume"), "")).contains("create", "purge");
        assertThat(words(all, List.of("volume", "show"), "")).contains("completed");
        assertThat(words(all, List.of("vol", "set", "completed"), "--")).contains("--read-only");
        assertThat(words(all, List.of("volume", "set", "completed", "--read-only"), ""))
                .containsExactly("on", "off");
        assertThat(words(all, List.of("volume", "list", "--pool"), "")).contains("fast");
        assertThat(words(all, List.of("volume", "list", "-o"), "")).contains("json", "csv");
        Completion reader = new Completion(appliance.dispatcher.tree(), READER, List.of());
        assertThat(words(reader, List.of("volume"), "")).contains("list").doesNotContain("create");
        assertThat(words(reader, List.of(), "")).doesNotContain("audit");
    }

    @Test
    void usersAndKeys() {
        Said made = ok("user create anna --role operator,reader");
        assertThat(made.out()).contains("one-time password: ");
        assertThat(ok("user list -o json").out()).contains("\"anna\"");
        TestConsole key =
                new TestConsole(
                        false,
                        "ssh-ed25519"
                                + " AAAAC3NzaC1lZDI1NTE5AAAAIJ5D6XFbXBJdUxqkHk2Bq1zO1bZxCmVbGq1bYz9mFJQK"
                                + " anna@desk");
        assertThat(run(ROOT, key, "key add --user anna").code()).as(key.complained()).isZero();
        assertThat(ok("key list --user anna").out()).contains("anna@desk");
        assertThat(run(READER, new TestConsole(false), "key list --user anna").code()).isEqualTo(6);
        ok("user lock anna --yes");
        ok("user delete anna --yes --confirm anna");
    }

    @Test
    void systemAndMetrics() throws Exception {
        assertThat(ok("system show").out()).contains("tidegate test");
        assertThat(ok("system health -o json").json().get("items")).hasSize(1);
        assertThat(ok("metrics show a_").out()).contains("lun=\"db01\",x=\"a b\"").contains("12.0");
        assertThat(run("system shutdown --yes").code()).isEqualTo(5);
        assertThat(appliance.shutdown).isFalse();
        ok("system shutdown --yes --confirm shutdown");
        assertThat(appliance.shutdown).isTrue();
        assertThat(ok("session list").out()).startsWith("ID");
    }

    @Test
    void helpIsThereForAllAndEverything() {
        assertThat(ok("help").out()).contains("volume", "help states");
        assertThat(ok("help volume create").out()).contains("--size", "examples:", "exit codes:");
        assertThat(ok("volume create --help").out()).contains("(required)");
        assertThat(ok("volume ?").out()).contains("undelete VOLUME");
        assertThat(ok("help options").out()).contains("--request-id");
        assertThat(ok("help states").out()).contains("promoted");
        assertThat(run("help nothing").code()).isEqualTo(2);
    }

    private static List<String> words(Completion completion, List<String> before, String current) {
        return completion.propose(before, current).stream().map(Completion.Proposal::word).toList();
    }

    private Said ok(String line) {
        Said said = run(line);
        assertThat(said.code()).as(line + "\n" + said.out() + said.err()).isZero();
        return said;
    }

    private Said run(String line) {
        return run(ROOT, new TestConsole(false), line);
    }

    private Said run(Caller caller, TestConsole console, String line) {
        try {
            int code =
                    appliance.dispatcher.run(
                            caller, console, Manner.SCRIPT, Line.parse(line).getFirst());
            return new Said(code, console.printed(), console.complained());
        } catch (io.tidegate.shell.command.CommandFailure e) {
            throw new AssertionError(line, e);
        }
    }

    private static Caller caller(String name, Set<Access> access) {
        return new Caller(name, access, "192.0.2.1:50000", "password", false);
    }
}
