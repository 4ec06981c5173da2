package io.tidegate.appliance.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.tidegate.initiator.CommandResult;
import io.tidegate.presentation.LunInfo;
import io.tidegate.recovery.QrvService;
import io.tidegate.scsi.Designator;
import io.tidegate.scsi.copy.CscdDescriptor;
import io.tidegate.scsi.copy.ExtendedCopyList;
import io.tidegate.scsi.copy.SegmentDescriptor;
import io.tidegate.snapshot.SnapshotService;
import java.nio.ByteBuffer;
import java.nio.file.Path;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each metric and label that the dashboard names is one that a working appliance publishes. */
class DashboardTest {

    private static final Path FILE = Path.of("..", "dashboards", "tidegate.json");
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
        Instant started = Instant.now();
        try (LiveParts parts = new LiveParts(dir)) {
            LunInfo first = parts.lun("db01", 0);
            LunInfo second = parts.lun("db02", 1);
            try (HostPath path = parts.path()) {
                use(path, first, second);
                protect(parts);
                return House.metrics(parts.core, parts.data, started).text();
            }
        }
    }

    private static void use(HostPath path, LunInfo from, LunInfo to) throws Exception {
        path.attentions(from.number());
        path.attentions(to.number());
        path.write(from.number(), 0, 1);
        path.read(from.number(), 0);
        List<CscdDescriptor> both = new ArrayList<>();
        for (LunInfo lun : List.of(from, to)) {
            Designator name = Designator.naa(lun.identity().naaBytes());
            both.add(new CscdDescriptor(0, false, 0, 0, name, false, false, 512));
        }
        var blocks = new SegmentDescriptor.BlockToBlock(false, false, 0, 1, 8, 0, 0);
        byte[] list =
                new ExtendedCopyList(
                                1,
                                false,
                                ExtendedCopyList.ListIdUsage.HOLD,
                                0,
                                both,
                                List.of(blocks))
                        .encode();
        byte[] copy = ByteBuffer.allocate(16).put((byte) 0x83).putInt(10, list.length).array();
        CommandResult copied = path.run(to.number(), copy, ByteBuffer.wrap(list), 0);
        assertThat(copied.good()).as(copied.describe()).isTrue();
    }

    private static void protect(LiveParts parts) throws Exception {
        Optional<String> none = Optional.empty();
        parts.done(
                parts.core.qrvs.create(
                        LiveParts.WHO,
                        new QrvService.Create("db01", none, Optional.of("capacity"), none)));
        assertThat(parts.core.snapshots.list(SnapshotService.Query.ALL)).isNotEmpty();
    }
}
