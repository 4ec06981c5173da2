package io.tidegate.shell.noun;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidegate.block.BlockDevice;
import io.tidegate.shell.Access;
import io.tidegate.shell.Caller;
import io.tidegate.shell.TestAppliance;
import io.tidegate.shell.TestConsole;
import io.tidegate.shell.command.Dispatcher.Manner;
import io.tidegate.shell.command.Line;
import io.tidegate.volume.ScrubReport;
import io.tidegate.volume.VolumeRecord;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What administrators see of pools and of space, over real pools. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PoolCommandsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Caller ROOT =
            new Caller("admin", EnumSet.allOf(Access.class), "192.0.2.1:50000", "password", false);
    private static final int MANY = 10_000;

    private record Said(int code, String out, String err) {
        JsonNode json() throws Exception {
            return JSON.readTree(out);
        }

        JsonNode item() throws Exception {
            return json().get("item");
        }
    }

    private final TestAppliance appliance;
    private final Path data;

    PoolCommandsTest(@TempDir Path data) throws Exception {
        appliance = new TestAppliance(data);
        this.data = data;
    }

    @BeforeAll
    void pools() {
        ok("pool create fast --path " + data.resolve("fast") + " --size 512MiB");
    }

    @AfterAll
    void close() {
        appliance.close();
    }

    private void write(String volume, long offset, int length) throws Exception {
        VolumeRecord record = appliance.services.volumes().find(volume);
        try (BlockDevice device = appliance.services.presentation().openVolume(record)) {
            device.write(offset, ByteBuffer.allocateDirect(length).put(0, (byte) 1));
            device.flush();
        }
    }

    @Test
    void showsSpaceThresholdsAndTheLargestVolumes() throws Exception {
        ok("volume create big --pool fast --size 64MiB");
        ok("volume create tiny --pool fast --size 64MiB");
        write("big", 0, 1 << 20);
        write("tiny", 0, 4096);
        JsonNode pool = ok("pool show fast -o json").item();
        for (String size :
                List.of(
                        "total",
                        "free",
                        "allocated",
                        "pendingFree",
                        "reserve",
                        "reserved",
                        "maps",
                        "shared",
                        "keptBySnapshots",
                        "grain")) {
            assertThat(pool.get(size).isNumber()).as(size).isTrue();
        }
        assertThat(pool.get("usedPercent").asInt()).isBetween(0, 50);
        assertThat(pool.get("state").asText()).isEqualTo("writable");
        assertThat(pool.get("checksums").asBoolean()).isTrue();
        JsonNode largest = pool.get("largestVolumes");
        assertThat(largest.size()).isBetween(2, 5);
        assertThat(largest.get(0).get("name").asText()).isEqualTo("big");
        assertThat(largest.get(0).get("used").asLong()).isEqualTo(1 << 20);
        assertThat(ok("pool list -o csv").out()).startsWith("name,").contains("usedPercent");
        JsonNode volume = ok("volume show big -o json").item();
        assertThat(volume.get("used").asLong()).isEqualTo(1 << 20);
        for (String size : List.of("exclusive", "shared", "keptBySnapshots", "reserved")) {
            assertThat(volume.get(size).isNumber()).as(size).isTrue();
        }
    }

    @Test
    void whatDoesNotWorkAtPresentIsShown() throws Exception {
        assertThat(ok("pool show fast -o json").item().get("trouble").isNull()).isTrue();
        assertThat(ok("pool show fast").out()).containsPattern("trouble +-");
        appliance.trouble.set(Optional.of("a checkpoint cannot be written: no space left"));
        try {
            JsonNode pool = ok("pool show fast -o json").item();
            assertThat(pool.get("trouble").asText())
                    .isEqualTo("a checkpoint cannot be written: no space left");
            assertThat(pool.get("state").asText()).as("no reason to reopen").isEqualTo("writable");
            assertThat(pool.get("problem").isNull()).isTrue();
            assertThat(ok("pool show fast").out())
                    .containsPattern("trouble +a checkpoint cannot be written: no space left");
        } finally {
            appliance.trouble.set(Optional.empty());
        }
        assertThat(ok("pool show fast -o json").item().get("trouble").isNull()).isTrue();
    }

    @Test
    void thresholdsAreSetOneByOneAndRise() throws Exception {
        ok("pool create set1 --path " + data.resolve("set1") + " --size 64MiB");
        assertThat(ok("pool set set1 --warn 60 --dry-run").out())
                .contains("warns at 75 %", "warns at 60 %", "used");
        assertThat(ok("pool show set1 -o json").item().get("warnPercent").asInt()).isEqualTo(75);
        ok("pool set set1 --warn 60 --refuse 100");
        JsonNode pool = ok("pool show set1 -o json").item();
        assertThat(pool.get("warnPercent").asInt()).isEqualTo(60);
        assertThat(pool.get("criticalPercent").asInt()).isEqualTo(85);
        assertThat(pool.get("refusePercent").asInt()).isEqualTo(100);
        Said wrong = run("pool set set1 --warn 90");
        assertThat(wrong.code()).isEqualTo(2);
        assertThat(wrong.err()).contains("90, 85 and 100 %", "0 < warn < critical");
        assertThat(run("pool set set1").err()).contains("nothing is to be set");
        ok("volume create full1 --pool set1 --size 32MiB");
        write("full1", 0, 4 << 20);
        int used = ok("pool show set1 -o json").item().get("usedPercent").asInt();
        assertThat(used).isGreaterThanOrEqualTo(3);
        ok("pool set set1 --warn 1 --critical 2 --refuse 3");
        assertThat(ok("volume create full2 --pool set1 --size 1MiB --dry-run").out())
                .contains("refused", "pool set1 is " + used + " % full");
        Said full = run("volume create full2 --pool set1 --size 1MiB");
        assertThat(full.code()).isEqualTo(1);
        assertThat(full.err()).contains("NO_SPACE", "snapshot purge", "pool grow set1");
        assertThat(run("snapshot create full1").err()).contains("NO_SPACE");
        ok("pool set set1 --warn 60 --critical 70 --refuse 80");
        ok("snapshot create full1");
    }

    @Test
    void growsAndSaysWhatItHas() {
        assertThat(ok("pool grow fast --size 1GiB --dry-run").out()).contains("1 GiB");
        assertThat(appliance.grown).hasValue(0);
        ok("pool grow fast --size 1GiB");
        assertThat(appliance.grown).hasValue(1 << 30);
        Said smaller = run("pool grow fast --size 1MiB");
        assertThat(smaller.code()).isEqualTo(2);
        assertThat(smaller.err()).contains("pools do not shrink");
        assertThat(appliance.grown).hasValue(1 << 30);
    }

    @Test
    void growsByDevicesOnlyWhatLiesOnDevices() {
        long before = appliance.grown.get();
        Said both = run("pool grow fast --size 1GiB --device /dev/null");
        assertThat(both.code()).isEqualTo(2);
        assertThat(run("pool grow fast").code()).isEqualTo(2);
        assertThat(ok("pool grow fast --device /dev/null --dry-run").out())
                .contains("wipes", "/dev/null");
        Said files = run("pool grow fast --device /dev/null --yes --confirm fast");
        assertThat(files.code()).isEqualTo(2);
        assertThat(files.err()).contains("it lies in files", "--size");
        assertThat(appliance.grown).hasValue(before);
    }

    @Test
    void makingAPoolOnDevicesIsConfirmedAndNeedsNoSize() {
        String command = "pool create raw --path " + data.resolve("raw") + " --device /dev/none";
        Said asked = run(command);
        assertThat(asked.code()).isEqualTo(5);
        assertThat(ok(command + " --dry-run").out())
                .contains("wipes", "/dev/none", "all of the devices");
        Said neither = run("pool create raw --path " + data.resolve("raw"));
        assertThat(neither.code()).isEqualTo(2);
        assertThat(neither.err()).contains("neither a size nor devices");
        ok("pool create bare --size 64MiB --no-checksums --path " + data.resolve("bare"));
        assertThat(ok("pool show bare").out()).containsPattern("checksums +no");
    }

    @Test
    void checksAndScrubs() throws Exception {
        JsonNode checked = ok("pool check fast -o json").item();
        assertThat(checked.get("problems").asInt()).isZero();
        assertThat(checked.get("metadataPages").isNumber()).isTrue();
        assertThat(ok("pool check fast").out()).contains("is sound", "metadata pages");

        appliance.scrub.set(new ScrubReport(true, 12, 8192, 4096, List.of()));
        JsonNode good = ok("pool scrub fast --rate 100MiB -o json").item();
        assertThat(good.get("good").asLong()).isEqualTo(8192);
        assertThat(good.get("unchecked").asLong()).isEqualTo(4096);
        assertThat(good.get("metadataPages").asLong()).isEqualTo(12);
        assertThat(ok("pool scrub fast --dry-run").out()).contains("it begins anew");
        assertThat(ok("pool scrub fast --async").out()).contains("pool-scrub");

        appliance.scrub.set(new ScrubReport(true, 12, 8192, 0, List.of("segment 3, grain 7")));
        Said bad = run("pool scrub fast");
        assertThat(bad.code()).isEqualTo(9);
        assertThat(bad.err()).contains("1 place is damaged: segment 3, grain 7", "job log");
        assertThat(ok("event list").out()).contains("found damage");
    }

    @Test
    void listsChangedExtentsAPieceAtATime() throws Exception {
        ok("volume create diffed --pool fast --size 64MiB");
        ok("snapshot create diffed --name a");
        for (int i = 0; i < 5; i++) {
            write("diffed", i * 65536L, 4096);
        }
        ok("snapshot create diffed --name b");
        JsonNode all = ok("volume diff diffed@a diffed@b -o json").json();
        assertThat(all.get("items")).hasSize(5);
        assertThat(all.get("next").isNull()).isTrue();
        assertThat(all.get("totals").get("extents").asInt()).isEqualTo(5);
        assertThat(all.get("totals").get("written").asLong()).isEqualTo(5 * 4096);
        JsonNode first = ok("volume diff diffed@a diffed@b --limit 2 -o json").json();
        assertThat(first.get("items")).hasSize(2);
        assertThat(first.get("totals").get("extents").asInt()).isEqualTo(5);
        assertThat(first.get("next").asText()).isEqualTo("131072");
        assertThat(ok("volume diff diffed@a diffed@b --limit 2").out())
                .contains("more", "volume diff diffed@a diffed@b --from-offset 131072");
        assertThat(
                        ok("volume diff diffed@a diffed@b --from-offset 131072 -o csv --no-headers")
                                .out())
                .isEqualTo("131072,4096,written\r\n196608,4096,written\r\n262144,4096,written\r\n");
        assertThat(run("volume diff diffed@b diffed@a").code()).isEqualTo(2);
    }

    @Test
    void sizesOfSnapshotsAreShownWhenAskedFor() throws Exception {
        ok("volume create sized --pool fast --size 64MiB");
        write("sized", 0, 8192);
        ok("snapshot create sized --name a");
        write("sized", 0, 4096);
        assertThat(ok("snapshot list --volume sized -o json").out()).doesNotContain("referenced");
        JsonNode row =
                ok("snapshot list --volume sized --sizes -o json").json().get("items").get(0);
        assertThat(row.get("referenced").asLong()).isEqualTo(8192);
        assertThat(row.get("used").asLong()).isEqualTo(4096);
        JsonNode shown = ok("snapshot show sized@a -o json").item();
        assertThat(shown.get("referenced").asLong()).isEqualTo(8192);
        assertThat(shown.get("used").asLong()).isEqualTo(4096);
    }

    @Test
    void tenThousandSnapshotsAreListed() throws Exception {
        ok("volume create many --pool fast --size 1MiB");
        VolumeRecord volume = appliance.services.volumes().find("many");
        appliance
                .services
                .catalog()
                .<Object, RuntimeException>housekeeping(
                        tx -> {
                            insert(tx.handle().prepareBatch(SNAPSHOT), volume);
                            return volume;
                        });
        assertThat(ok("snapshot list --volume many -o name").out().lines()).hasSize(MANY);
        assertThat(ok("snapshot list --volume many --sort -name --limit 1").out())
                .contains("many@s9999", "qrv:q");
        // Rows that the store does not know have no sizes, and do no harm.
        assertThat(ok("snapshot list --sizes --volume many --limit 2").out()).contains("-");
        ok("volume show many -o name");
    }

    private static final String SNAPSHOT =
            "insert into snapshot (id, volume_id, volume_name, name, set_id, taken_at, kind, state,"
                    + " size_bytes, label) values (:id, :volume, 'many', :name, :id, :at,"
                    + " 'software', 'ready', 1048576, '')";

    private static void insert(PreparedBatch rows, VolumeRecord volume) {
        String last = "";
        for (int i = 0; i < MANY; i++) {
            last = UUID.randomUUID().toString();
            rows.bind("id", last)
                    .bind("volume", volume.id().toString())
                    .bind("name", "s" + i)
                    .bind("at", i)
                    .add();
        }
        rows.execute();
        rows.getHandle()
                .execute(
                        "insert into snapshot_hold (snapshot_id, reason, at) values (?, 'qrv:q', 1)",
                        last);
    }

    private Said ok(String line) {
        Said said = run(line);
        assertThat(said.code()).as(line + "\n" + said.out() + said.err()).isZero();
        return said;
    }

    private Said run(String line) {
        try {
            TestConsole console = new TestConsole(false);
            int code =
                    appliance.dispatcher.run(
                            ROOT, console, Manner.SCRIPT, Line.parse(line).getFirst());
            return new Said(code, console.printed(), console.complained());
        } catch (io.tidegate.shell.command.CommandFailure e) {
            throw new AssertionError(line, e);
        }
    }
}
