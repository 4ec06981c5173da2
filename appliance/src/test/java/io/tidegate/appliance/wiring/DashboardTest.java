package io.tidegate.appliance.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.tidegate.appliance.settings.AddressPort;
import io.tidegate.appliance.settings.Settings;
import io.tidegate.audit.Request;
import io.tidegate.copy.mover.DataMover;
import io.tidegate.copy.mover.MoverSettings;
import io.tidegate.initiator.CommandResult;
import io.tidegate.initiator.Initiator;
import io.tidegate.initiator.InitiatorSettings;
import io.tidegate.initiator.Session;
import io.tidegate.job.JobInfo;
import io.tidegate.job.JobState;
import io.tidegate.presentation.HostOs;
import io.tidegate.presentation.HostSpec;
import io.tidegate.presentation.LunInfo;
import io.tidegate.presentation.LunSpec;
import io.tidegate.recovery.QrvService;
import io.tidegate.scsi.Designator;
import io.tidegate.scsi.LunAddress;
import io.tidegate.scsi.SenseKey;
import io.tidegate.scsi.copy.CscdDescriptor;
import io.tidegate.scsi.copy.ExtendedCopyList;
import io.tidegate.scsi.copy.SegmentDescriptor;
import io.tidegate.snapshot.SnapshotService;
import io.tidegate.volume.VolumeSpec;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each metric and label that the dashboard names is one that a working appliance publishes. */
class DashboardTest {

    private static final Path FILE = Path.of("..", "dashboards", "tidegate.json");
    private static final Request WHO = Request.system("test");
    private static final String IQN = "iqn.2026-11.io.tidegate:dashboard";
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Pattern SAMPLE =
            Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)})? \\S+");
    private static final Pattern LABEL = Pattern.compile("([a-zA-Z_]+)=\"(?:\\\\.|[^\"\\\\])*\"");
    private static final Pattern LABEL_VALUES = Pattern.compile("label_values\\((\\w+), (\\w+)\\)");
    private static final Pattern LEGEND = Pattern.compile("\\{\\{(\\w+)}}");

    @TempDir Path dir;

    @Test
    void namesWhatThereIs() throws Exception {
        Map<String, Set<String>> known = known(scrape());
        JsonNode dashboard = new JsonMapper().readTree(FILE.toFile());
        int checked = 0;
        for (JsonNode panel : dashboard.get("panels")) {
            for (JsonNode target : panel.path("targets")) {
                String expr = target.get("expr").asText();
                Expression parsed = Expression.parse(expr);
                assertThat(parsed.faults(known)).as("%s: %s", panel.get("title"), expr).isEmpty();
                Matcher legend = LEGEND.matcher(target.get("legendFormat").asText());
                while (legend.find()) {
                    String label = legend.group(1);
                    // An aggregation leaves no label but those it groups by.
                    boolean left =
                            expr.contains(" by (")
                                    ? parsed.groups().contains(label)
                                    : parsed.metrics().keySet().stream()
                                            .anyMatch(
                                                    m ->
                                                            known.getOrDefault(m, Set.of())
                                                                    .contains(label));
                    assertThat(left).as("%s in the legend of %s", label, expr).isTrue();
                }
                checked++;
            }
        }
        assertThat(checked).isGreaterThan(40);
        for (JsonNode variable : dashboard.get("templating").get("list")) {
            if (variable.get("type").asText().equals("query")) {
                Matcher query = LABEL_VALUES.matcher(variable.get("definition").asText());
                assertThat(query.matches()).isTrue();
                assertThat(known.getOrDefault(query.group(1), Set.of())).contains(query.group(2));
            }
        }
    }

    @Test
    void panelsHaveIdsOfTheirOwnAndDoNotOverlap() throws Exception {
        Set<Integer> ids = new HashSet<>();
        Set<String> cells = new HashSet<>();
        for (JsonNode panel : new JsonMapper().readTree(FILE.toFile()).get("panels")) {
            assertThat(ids.add(panel.get("id").asInt())).isTrue();
            JsonNode at = panel.get("gridPos");
            assertThat(at.get("x").asInt() + at.get("w").asInt()).isLessThanOrEqualTo(24);
            for (int x = 0; x < at.get("w").asInt(); x++) {
                for (int y = 0; y < at.get("h").asInt(); y++) {
                    String cell = at.get("x").asInt() + x + "," + (at.get("y").asInt() + y);
                    assertThat(cells.add(cell)).as("%s at %s", panel.get("title"), cell).isTrue();
                }
            }
        }
    }

    @Test
    void whatIsNotThereIsFound() {
        Map<String, Set<String>> known =
                Map.of("a_total", Set.of("volume", "op"), "b_bucket", Set.of("le", "volume"));
        assertThat(Expression.parse("rate(a_total{op=\"read\"}[5m])").faults(known)).isEmpty();
        assertThat(
                        Expression.parse(
                                        "histogram_quantile(0.99, sum by (volume, le)"
                                                + " (rate(b_bucket{volume=~\"$v\"}[$__rate_interval])))"
                                                + " > 1e3 and time() - 5")
                                .faults(known))
                .isEmpty();
        assertThat(Expression.parse("rate(a[5m])").faults(known))
                .containsExactly("there is no metric a");
        assertThat(Expression.parse("a_total{pool=\"a\"}").faults(known))
                .containsExactly("a_total has no label pool");
        assertThat(Expression.parse("sum by (session) (a_total)").faults(known))
                .containsExactly("nothing has the label session");
        assertThat(Expression.parse("time()").faults(known)).containsExactly("it names no metric");
    }

    private static Map<String, Set<String>> known(String scrape) {
        Map<String, Set<String>> known = new HashMap<>();
        for (String line : scrape.lines().toList()) {
            if (line.startsWith("#")) {
                continue;
            }
            Matcher sample = SAMPLE.matcher(line);
            assertThat(sample.matches()).as(line).isTrue();
            Set<String> labels = known.computeIfAbsent(sample.group(1), n -> new HashSet<>());
            Matcher label = LABEL.matcher(sample.group(2) == null ? "" : sample.group(2));
            while (label.find()) {
                labels.add(label.group(1));
            }
        }
        return known;
    }

    /** What an appliance publishes when each of its parts has worked a little. */
    private String scrape() throws Exception {
        Settings settings = settings();
        Instant started = Instant.now();
        try (DataMover mover = new DataMover(MoverSettings.DEFAULT);
                CoreParts core = new CoreParts(settings, mover, Clock.systemUTC())) {
            core.recover();
            FirstStart.prepare(core, settings, Optional.empty());
            try (DataParts data = new DataParts(settings, core, mover);
                    Initiator initiator = new Initiator(1)) {
                InetSocketAddress portal =
                        data.target.bind(List.of(settings.iscsi().resolve())).getFirst();
                core.presentation.setDefaultPortal(portal, Optional.empty());
                LunInfo first = lun(core, "db01");
                LunInfo second = lun(core, "db02");
                String target = core.targets.list().getFirst().name();
                try (Session session =
                        initiator.connect(InitiatorSettings.of(portal, IQN, target))) {
                    use(session, first, second);
                    protect(core);
                    return House.metrics(core, data, started).text();
                }
            }
        }
    }

    private Settings settings() {
        Settings d = Settings.defaults();
        long small = 256 << 20;
        return new Settings(
                dir.resolve("data"),
                AddressPort.parse("127.0.0.1:0"),
                d.ssh(),
                d.http(),
                d.secretKeyFile(),
                d.companyId(),
                small,
                small,
                d.ioWorkers(),
                d.heap(),
                1 << 20,
                d.binGrace(),
                d.lunQuarantine(),
                d.loginTimeout(),
                d.maxConnections());
    }

    private static LunInfo lun(CoreParts core, String volume) throws Exception {
        core.volumes.create(WHO, VolumeSpec.of(volume, "fast", 16 << 20));
        if (core.hosts.list().isEmpty()) {
            core.hosts.create(
                    WHO, new HostSpec("h", List.of(IQN), false, HostOs.LINUX, Optional.empty()));
        }
        return core.luns.map(WHO, volume, LunSpec.to("h", false));
    }

    private static void use(Session session, LunInfo from, LunInfo to) throws Exception {
        for (LunInfo lun : List.of(from, to)) {
            good(session, lun.number(), new byte[6], null, 0);
        }
        good(session, from.number(), cdb(0x2a), ByteBuffer.allocate(512), 0);
        good(session, from.number(), cdb(0x28), null, 512);
        List<CscdDescriptor> both = new ArrayList<>();
        for (LunInfo lun : List.of(from, to)) {
            Designator name = Designator.naa(lun.identity().naaBytes());
            both.add(new CscdDescriptor(0, false, 0, 0, name, false, false, 512));
        }
        byte[] list =
                new ExtendedCopyList(
                                1,
                                false,
                                ExtendedCopyList.ListIdUsage.HOLD,
                                0,
                                both,
                                List.of(
                                        new SegmentDescriptor.BlockToBlock(
                                                false, false, 0, 1, 8, 0, 0)))
                        .encode();
        byte[] copy = ByteBuffer.allocate(16).put((byte) 0x83).putInt(10, list.length).array();
        good(session, to.number(), copy, ByteBuffer.wrap(list), 0);
    }

    private static byte[] cdb(int opcode) {
        return ByteBuffer.allocate(10).put((byte) opcode).putShort(7, (short) 1).array();
    }

    private static void good(
            Session session, int number, byte[] cdb, @Nullable ByteBuffer out, int in)
            throws Exception {
        long lun = LunAddress.encode(number);
        CommandResult result = session.execute(lun, cdb, out, in);
        for (int owed = 0; owed < 8 && unitAttention(result); owed++) {
            result = session.execute(lun, cdb, out, in);
        }
        assertThat(result.good()).as(result.describe()).isTrue();
    }

    private static boolean unitAttention(CommandResult result) {
        return result.sense() != null && result.sense().key() == SenseKey.UNIT_ATTENTION;
    }

    private static void protect(CoreParts core) throws Exception {
        JobInfo made =
                core.qrvs.create(
                        WHO,
                        new QrvService.Create(
                                "db01",
                                Optional.empty(),
                                Optional.of("capacity"),
                                Optional.empty()));
        assertThat(core.jobs.await(made.id(), LIMIT).state()).isEqualTo(JobState.DONE);
        assertThat(core.snapshots.list(SnapshotService.Query.ALL)).isNotEmpty();
    }
}
