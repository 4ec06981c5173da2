package io.tidegate.shell.noun;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidegate.audit.AuditFilter;
import io.tidegate.catalog.ServiceException;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LogicalUnitId;
import io.tidegate.presentation.SessionControl;
import io.tidegate.presentation.SessionTraces;
import io.tidegate.shell.Access;
import io.tidegate.shell.Caller;
import io.tidegate.shell.TestAppliance;
import io.tidegate.shell.TestConsole;
import io.tidegate.shell.command.Dispatcher.Manner;
import io.tidegate.shell.command.Line;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** {@code session} over sessions that the test makes up. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SessionCommandsTest {

    private static final String IQN = "iqn.1998-01.com.example:esx7";
    private static final Caller ADMIN = caller(EnumSet.allOf(Access.class));
    private static final Caller READER = caller(Set.of(Access.EVERYONE, Access.READ));

    private record Said(int code, String out, String err) {
        JsonNode json() throws Exception {
            return new ObjectMapper().readTree(out);
        }
    }

    private final Fake sessions = new Fake();
    private final TestAppliance appliance;

    SessionCommandsTest(@TempDir Path data) throws Exception {
        appliance = new TestAppliance(data);
    }

    @BeforeAll
    void attach() {
        assertThat(run(ADMIN, "session trace list").code()).isEqualTo(4); // no target yet
        appliance.services.presentation().attach(sessions);
    }

    @AfterAll
    void close() {
        appliance.close();
    }

    @Test
    void listTellsWhoDoesWhat() throws Exception {
        JsonNode line = ok("session list -o json").json().get("items").get(0);
        assertThat(line.get("id").asText()).isEqualTo("iscsi-7");
        assertThat(line.get("who").asText()).isEqualTo(IQN);
        assertThat(line.get("host").asText()).isEqualTo("esx7");
        assertThat(line.get("peer").asText()).isEqualTo("192.0.2.7:50000");
        assertThat(line.get("portal").asText()).isEqualTo("192.0.2.1:3260");
        assertThat(line.get("luns").isNumber()).isTrue();
        assertThat(line.get("reads").asLong()).isEqualTo(10);
        assertThat(line.get("read").asLong()).isEqualTo(40960);
        assertThat(line.get("writes").asLong()).isEqualTo(20);
        assertThat(line.get("written").asLong()).isEqualTo(81920);
        assertThat(line.get("errors").asLong()).isEqualTo(6);
        assertThat(Instant.parse(line.get("since").asText())).isEqualTo(sessions.since);
        assertThat(ok("session list").out()).contains("esx7", "80 KiB").doesNotContain("isid");
    }

    @Test
    void showTellsWhatWasNegotiatedAndEachLun() throws Exception {
        JsonNode shown = ok("session show iscsi-7 -o json").json().get("item");
        assertThat(shown.get("expCmdSn").asLong()).isEqualTo(4_294_967_295L);
        assertThat(shown.get("maxCmdSn").asLong()).isEqualTo(31);
        assertThat(shown.get("window").asInt()).isEqualTo(32);
        assertThat(shown.get("outstanding").asInt()).isEqualTo(3);
        assertThat(shown.get("parameters").toString())
                .contains("\"HeaderDigest\"", "\"CRC32C\"", "\"MaxBurstLength\"");
        JsonNode lun = shown.findParent("attentions");
        assertThat(lun.get("lun").asInt()).isEqualTo(300);
        assertThat(lun.get("volume").asText()).isEqualTo("db01");
        assertThat(lun.get("attentions").get(1).asText()).isEqualTo("2A/09");
        assertThat(lun.get("lastWrite").isNull()).isTrue();
        assertThat(ok("session show iscsi-7").out()).contains("HeaderDigest", "29/00,2A/09");
        sessions.silent = true;
        try {
            JsonNode some = ok("session show iscsi-7 -o json").json().get("item");
            assertThat(some.has("expCmdSn")).isFalse();
            assertThat(some.get("parameters")).isNotEmpty();
        } finally {
            sessions.silent = false;
        }
        assertThat(run(ADMIN, "session show iscsi-8").code()).isEqualTo(3);
    }

    @Test
    void killAsksFirstAndIsRecorded() {
        Said asked = run(ADMIN, "session kill iscsi-7");
        assertThat(asked.code()).isEqualTo(5);
        assertThat(run(ADMIN, "session kill iscsi-7 --dry-run").out())
                .contains("1 seen by this session", "none seen");
        assertThat(sessions.ended).isEmpty();
        assertThat(run(READER, "session kill iscsi-7 --yes").code()).isEqualTo(6);
        ok("session kill iscsi-7 --yes");
        assertThat(sessions.ended).containsExactly(7L);
        assertThat(appliance.services.catalog().audit(AuditFilter.newest(20)))
                .anyMatch(r -> r.object().equals("session:iscsi-7"));
    }

    @Test
    void tracesAreOrderedWithinTheirLimits() throws Exception {
        ok("session trace start iscsi-7 --name slow --for 2m --max-size 1MiB --payload 128");
        assertThat(sessions.specs.getLast())
                .isEqualTo(
                        new SessionTraces.Spec(
                                "slow",
                                Optional.of(7L),
                                Optional.empty(),
                                Duration.ofMinutes(2),
                                1 << 20,
                                128));
        Said said = ok("session trace start --initiator IQN.1998-01.com.example:ESX7 --name login");
        assertThat(said.out()).contains("/traces/login.pcap");
        assertThat(sessions.specs.getLast().initiator()).contains(IQN);
        assertThat(sessions.specs.getLast().payloadBytes()).isZero();
        assertThat(ok("session trace list -o json").json().get("items")).hasSize(1);
        assertThat(ok("session trace stop slow -o json").json().findPath("pdus").asInt())
                .isEqualTo(12);
        assertThat(run(ADMIN, "session trace delete slow").code()).isEqualTo(5);
        ok("session trace delete slow --yes");
        assertThat(sessions.deleted).containsExactly("slow");
        assertThat(run(ADMIN, "session trace start ssh-1 --name x").code()).isEqualTo(2);
        assertThat(run(ADMIN, "session trace start iscsi-7 --name ../x").code()).isEqualTo(2);
        assertThat(run(READER, "session trace start iscsi-7 --name x").code()).isEqualTo(6);
        assertThat(run(ADMIN, "session trace stop none").code()).isEqualTo(3);
        assertThat(appliance.services.catalog().audit(AuditFilter.newest(50)))
                .anyMatch(r -> r.object().equals("trace:slow"))
                .anyMatch(r -> r.object().equals("trace:none"));
    }

    private Said ok(String line) {
        Said said = run(ADMIN, line);
        assertThat(said.code()).as(line + "\n" + said.out() + said.err()).isZero();
        return said;
    }

    private Said run(Caller caller, String line) {
        TestConsole console = new TestConsole(false);
        try {
            int code =
                    appliance.dispatcher.run(
                            caller, console, Manner.SCRIPT, Line.parse(line).getFirst());
            return new Said(code, console.printed(), console.complained());
        } catch (io.tidegate.shell.command.CommandFailure e) {
            throw new AssertionError(line, e);
        }
    }

    private static Caller caller(Set<Access> access) {
        return new Caller("someone", access, "192.0.2.1:50000", "password", false);
    }

    private static final class Fake implements SessionControl, SessionTraces {
        private final Instant since = Instant.parse("2026-11-22T02:00:00Z");
        private final List<Long> ended = new ArrayList<>();
        private final List<Spec> specs = new ArrayList<>();
        private final List<String> deleted = new ArrayList<>();
        private boolean silent;

        @Override
        public void reconsider(String targetName) {
            throw new AssertionError("no portal changes here");
        }

        @Override
        public List<SessionInfo> sessions() {
            Traffic traffic =
                    new Traffic(
                            new Amount(10, 1, 40960),
                            new Amount(20, 2, 81920),
                            new Amount(5, 3, 0));
            return List.of(
                    new SessionInfo(
                            7,
                            "iqn.2026-11.io.tidegate:00000000",
                            IQN,
                            "400000000001",
                            "192.0.2.7:50000",
                            since,
                            35,
                            Map.of(),
                            Map.<LogicalUnitId, Instant>of(),
                            new Use("esx7", "192.0.2.1:3260", 1, traffic)));
        }

        @Override
        public CompletionStage<Optional<SessionDetails>> details(long sessionId) {
            SequencedMap<String, String> agreed = new LinkedHashMap<>();
            agreed.put("HeaderDigest", "CRC32C");
            agreed.put("MaxBurstLength", "262144");
            LunUse lun =
                    new LunUse(
                            300,
                            "db01",
                            false,
                            sessions().getFirst().use().traffic(),
                            Optional.empty(),
                            List.of("29/00", "2A/09"));
            Window window = new Window(4_294_967_295L, 31, 32, 3, Optional.empty());
            return CompletableFuture.completedFuture(
                    Optional.of(
                            new SessionDetails(
                                    sessions().getFirst(),
                                    agreed,
                                    silent ? Optional.empty() : Optional.of(window),
                                    List.of(lun))));
        }

        @Override
        public boolean end(long sessionId, String reason) {
            return ended.add(sessionId);
        }

        @Override
        public void abandon(LogicalUnit unit, long generation) {
            throw new UnsupportedOperationException("nobody asks here");
        }

        @Override
        public SessionTraces traces() {
            return this;
        }

        private TraceInfo info(String name) {
            return new TraceInfo(
                    name,
                    Path.of("/data/traces/" + name + ".pcap"),
                    "iscsi-7",
                    since,
                    false,
                    4096,
                    12,
                    0,
                    Optional.of("its time is over"));
        }

        @Override
        public TraceInfo start(Spec spec) {
            specs.add(spec);
            return info(spec.name());
        }

        @Override
        public List<TraceInfo> list() {
            return List.of(info("slow"));
        }

        @Override
        public TraceInfo stop(String name) throws ServiceException {
            if (!name.equals("slow")) {
                throw ServiceException.notFound("trace", name);
            }
            return info(name);
        }

        @Override
        public void delete(String name) {
            deleted.add(name);
        }
    }
}
