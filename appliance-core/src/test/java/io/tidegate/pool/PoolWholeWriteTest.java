package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.AtomicUpdatable;
import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Discardable;
import io.tidegate.volume.SnapshotId;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A write as a whole is found as a whole or not at all, wherever the machine or the process stops;
 * over grains that could be written in place, over ones of a snapshot, and over holes.
 */
@NullUnmarked
class PoolWholeWriteTest {

    /** Begins and ends inside of a grain, and spans two leaves of the map. */
    private static final int FROM = (MapNode.SLOTS - 20) * 4096 + 512;

    private static final int LENGTH = 40 * 4096;
    private static final int SLACK = 8192;

    @TempDir Path tokens;

    private PoolHarness harness(long seed) throws Exception {
        int twoLeaves = 2 * MapNode.SLOTS * 4096 / PoolHarness.SECTOR;
        return new PoolHarness(
                seed, tokens, PoolHarness.OPTIONS, twoLeaves, new PoolHarness.Quiet());
    }

    private static ByteBuffer filled(int length, int value) {
        ByteBuffer b = ByteBuffer.allocateDirect(length);
        while (b.hasRemaining()) {
            b.put((byte) value);
        }
        return b.flip();
    }

    /** Old content: some of before a snapshot, some young, some holes, all durable. */
    private static ModelVolume prepared(PoolHarness h) throws Exception {
        ModelVolume v = h.createVolume();
        BlockDevice d = h.device(v);
        d.write(FROM - SLACK, filled(LENGTH + 2 * SLACK, 1));
        h.pool.snapshot(Map.of(v.id, SnapshotId.random()));
        d.write(FROM + 8192, filled(LENGTH / 2, 1));
        ((Discardable) d).discard(FROM / 4096 * 4096 + 30 * 4096, 8192);
        d.write(FROM / 4096 * 4096 + 30 * 4096, filled(8192, 1));
        d.flush();
        return v;
    }

    private static void writeWhole(PoolHarness h, ModelVolume v) throws Exception {
        ((AtomicUpdatable) h.device(v)).writeWhole(FROM, filled(LENGTH, 2));
    }

    /** The value of all bytes in the range; fails where they are not one. */
    private static int found(PoolHarness h, ModelVolume v, String when) throws Exception {
        ByteBuffer b = ByteBuffer.allocateDirect(LENGTH + 2 * SLACK);
        h.device(v).read(FROM - SLACK, b);
        b.flip();
        assertThat(b.slice(0, SLACK)).as(when).isEqualTo(filled(SLACK, 1));
        assertThat(b.slice(SLACK + LENGTH, SLACK)).as(when).isEqualTo(filled(SLACK, 1));
        int value = b.get(SLACK);
        assertThat(b.slice(SLACK, LENGTH)).as(when).isEqualTo(filled(LENGTH, value));
        return value;
    }

    @Test
    void isReadBackAndSurvivesARestart() throws Exception {
        PoolHarness h = harness(1);
        ModelVolume v = prepared(h);
        writeWhole(h, v);
        assertThat(found(h, v, "at once")).isEqualTo(2);
        h.device(v).flush();
        assertThat(h.pool.check().problems()).isEqualTo(List.of());
        h.abandon();
        h.files = h.files.afterPowerLoss(new Random(1));
        h.open(UUID.randomUUID());
        assertThat(found(h, v, "after a restart")).isEqualTo(2);
        assertThat(h.pool.check().problems()).isEqualTo(List.of());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void isOldOrNewAsAWholeWhereverItStops(boolean flushed) throws Exception {
        int old = 0;
        int fresh = 0;
        boolean ended = false;
        for (int stop = 1; !ended; stop++) {
            for (int seed = 0; seed < 8; seed++) {
                PoolHarness h = harness(seed);
                ModelVolume v = prepared(h);
                h.files.stopAfter(stop);
                try {
                    writeWhole(h, v);
                    if (flushed) {
                        h.device(v).flush();
                    }
                    ended = true;
                } catch (DeviceException e) {
                    assertThat(h.files.stopped()).isTrue();
                }
                boolean kill = seed % 2 == 0;
                String when = "stop " + stop + ", seed " + seed;
                restart(h, seed, kill);
                int value = found(h, v, when);
                assertThat(value).as(when).isIn(1, 2);
                assertThat(h.pool.check().problems()).as(when).isEmpty();
                old += value == 1 ? 1 : 0;
                fresh += value == 2 ? 1 : 0;
            }
        }
        assertThat(old).isPositive();
        assertThat(fresh).isPositive();
    }

    private static void restart(PoolHarness h, int seed, boolean kill) throws Exception {
        BootToken token = h.token();
        if (kill) {
            h.files = h.files.afterKill();
            h.abandon();
            token.make();
            h.open(h.boot);
        } else {
            h.abandon();
            h.files = h.files.afterPowerLoss(new Random(seed));
            h.open(UUID.randomUUID());
        }
    }
}
