package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.DeviceException;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Rule W6: nothing is reused while a reader, a writer or a superblock may still lead to it. */
@NullUnmarked
class PoolReuseRulesTest extends RuleScenes {

    private static class Careless extends Quiet {
        @Override
        boolean guardsCountAsGone() {
            return true;
        }
    }

    // A node ------------------------------------------------------------------------------------

    /** What a reader gets that was stopped on its way to a map node which was freed meanwhile. */
    private String readerOnItsWayToANode(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 7);
        pool.close();
        reopen(files, boot, rules);
        VolumeDevice reading = pool.openVolume(v.volume());
        VolumeDevice other = pool.openVolume(volume().volume());
        MapNode root = pool.core().state.volumes.get(v.volume()).map.root();
        long leaf = Slot.address(root.slot(0));
        String[] seen = new String[1];
        Side reader =
                heldAt(
                        rules,
                        "read data",
                        () -> {
                            try {
                                seen[0] = "read " + read(reading, 0);
                            } catch (DeviceException e) {
                                seen[0] = "damage";
                            }
                        });
        reading.discard(0, 4 << 20);
        useUntilTaken(leaf, other);
        rules.release.countDown();
        reader.join();
        return seen[0];
    }

    @Test
    void aNodeIsNotReusedWhileAReaderMayStillReadIt() throws Exception {
        assertThat(readerOnItsWayToANode(new Quiet())).isEqualTo("read 7");
        assertThat(readerOnItsWayToANode(new Careless())).isEqualTo("damage");
    }

    // A late writer -----------------------------------------------------------------------------

    /** What another volume reads after a write in place that came late. */
    private int besideALateWriter(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        VolumeDevice other = volume();
        write(v, 0, GRAIN, 1);
        write(v, GRAIN, GRAIN, 1);
        v.flush();
        Side writer = heldAt(rules, "write data", () -> write(v, 0, GRAIN, STRANGER));
        // Without range locks, nothing but the writer's guard keeps the grain.
        v.discard(0, GRAIN);
        v.flush();
        long end = 0;
        try {
            for (; end < 4 << 20; end += GRAIN) {
                write(other, end, GRAIN, 2);
            }
        } catch (DeviceException e) {
            assertThat(e.kind()).isEqualTo(DeviceException.Kind.NO_SPACE);
        }
        rules.release.countDown();
        writer.join();
        for (long at = 0; at < end; at += GRAIN) {
            if (read(other, at) != 2) {
                return read(other, at);
            }
        }
        return 2;
    }

    @Test
    void aLateWriteInPlaceReachesNobodyElse() throws Exception {
        assertThat(
                        besideALateWriter(
                                new Quiet() {
                                    @Override
                                    boolean rangeLocks() {
                                        return false;
                                    }
                                }))
                .isEqualTo(2);
        assertThat(
                        besideALateWriter(
                                new Careless() {
                                    @Override
                                    boolean rangeLocks() {
                                        return false;
                                    }
                                }))
                .isEqualTo(STRANGER);
    }

    // A superblock ------------------------------------------------------------------------------

    /** What a loss of power beside a checkpoint leaves, after what it frees was asked for. */
    private String powerLossBesideACheckpoint(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        VolumeDevice other = volume();
        for (int i = 0; i < 64; i++) {
            write(v, (long) i * GRAIN, GRAIN, 1);
        }
        SnapshotId id = SnapshotId.random();
        pool.snapshot(Map.of(v.volume(), id));
        // Every other grain, so that no segment becomes free as a whole and is set aside.
        for (int i = 0; i < 64; i += 2) {
            v.discard((long) i * GRAIN, GRAIN);
        }
        pool.core().checkpointer.run(false);
        pool.deleteSnapshot(id);
        walk();
        Side checkpoint = heldAt(rules, "write data", () -> pool.core().checkpointer.run(false));
        // Not to the last: who finds no space waits for the checkpoint that stands still.
        SpaceMap space = pool.core().space;
        for (long at = 0; space.claims.thinGrains() > 1; at += GRAIN) {
            write(other, at, GRAIN, 2);
        }
        other.flush();
        SimFiles left = files.afterPowerLoss(SimFiles.KEEP_ALL);
        rules.release.countDown();
        checkpoint.join();
        try {
            reopen(left, UUID.randomUUID());
        } catch (StoreException | IllegalStateException e) {
            return String.valueOf(e.getMessage());
        }
        return String.join("; ", pool.check().problems());
    }

    @Test
    void whatACheckpointFreesIsNotReusedBeforeItsSuperblockIsDurable() throws Exception {
        assertThat(powerLossBesideACheckpoint(new Quiet())).isEmpty();
        assertThat(
                        powerLossBesideACheckpoint(
                                new Quiet() {
                                    @Override
                                    Checkpointer.Reached reuse() {
                                        return Checkpointer.Reached.CUT;
                                    }
                                }))
                .contains("in use already");
    }
}
