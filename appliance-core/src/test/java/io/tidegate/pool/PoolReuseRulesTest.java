package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.DeviceException;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Rule W6: nothing is reused while a reader, a writer or a superblock may still lead to it. */
@NullUnmarked
class PoolReuseRulesTest extends RuleScenes {

    /** Of another volume, more than the cache holds, and the bytes under each. */
    private static final int LEAVES = 40;

    private static final long LEAF = (long) MapNode.SLOTS * GRAIN;

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

    // A hole ------------------------------------------------------------------------------------

    /** What a reader gets whose grain's segment has become free meanwhile, and was given back. */
    private String readerBesideAHole(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        write(v, 0, 16 * GRAIN, 7);
        v.flush();
        int[] seen = new int[1];
        Side reader = heldAt(rules, "read data", () -> seen[0] = read(v, 0));
        int[] holes = new int[1];
        files.before = op -> holes[0] += op.startsWith("punch") ? 1 : 0;
        v.discard(0, 16 * GRAIN);
        v.flush();
        pool.core().maintenance.step();
        rules.release.countDown();
        reader.join();
        int during = holes[0];
        pool.core().maintenance.step();
        assertThat(holes[0]).as("a hole in the end").isPositive();
        return "read " + seen[0] + ", holes " + during;
    }

    @Test
    void noHoleIsPunchedWhereAReaderMayStillRead() throws Exception {
        assertThat(readerBesideAHole(new Quiet())).isEqualTo("read 7, holes 0");
        assertThat(readerBesideAHole(new Careless())).isEqualTo("read 0, holes 1");
    }

    // A slot of the cache -----------------------------------------------------------------------

    /**
     * What a reader gets from a leaf that left the cache while it reads. The cache has no slots of
     * its own that could be filled anew: the reader's node stays what it was.
     *
     * @param slotFilledAnew whether another node comes to stand where the reader's does, as in a
     *     cache of fixed slots
     */
    private int readerWithAnEvictedNode(boolean slotFilledAnew) throws Exception {
        Quiet rules = new Quiet();
        PoolOpenOptions fewNodes = options().withNodeCacheBytes(64 << 10);
        start(rules, SMALL, fewNodes);
        VolumeDevice v = volume();
        VolumeDevice other = volume(LEAVES * LEAF);
        // In no row on disk, so the leaf is asked for each.
        write(v, GRAIN, GRAIN, 8);
        write(v, 0, GRAIN, 7);
        for (int i = 0; i < LEAVES; i++) {
            write(other, i * LEAF, GRAIN, STRANGER);
        }
        pool.close();
        pool = new Pool(new PoolFactory(files, rules, boot), fewNodes);
        VolumeDevice reading = pool.openVolume(v.volume());
        VolumeDevice foreign = pool.openVolume(other.volume());
        MapNode root = inside(v).map.root();
        // Brings the leaf into memory, so that what is read next is a grain.
        assertThat(read(reading, 0)).isEqualTo(7);
        MapNode leaf = root.kid(0, root.slot(0));
        ByteBuffer two = ByteBuffer.allocateDirect(2 * GRAIN).order(ByteOrder.LITTLE_ENDIAN);
        Side reader = heldAt(rules, "read data", () -> reading.read(0, two));
        assertThat(root.kid(0, root.slot(0))).isSameAs(leaf).isNotNull();
        for (int i = 0; i < 100 * LEAVES && root.kid(0, root.slot(0)) != null; i++) {
            // No look-up has met the reader's leaf meanwhile, so it is among the first to go.
            leaf.forgetUse();
            read(foreign, i % LEAVES * LEAF);
        }
        assertThat(root.kid(0, root.slot(0))).as("evicted").isNull();
        assertThat(pool.core().store.cached(leaf.address)).isNull();
        long strange = address(foreign, 0);
        if (slotFilledAnew) {
            leaf.slot(1, Slot.of(strange, leaf.birth));
        }
        rules.release.countDown();
        reader.join();
        assertThat(two.getInt(0)).isEqualTo(7);
        return two.getInt(GRAIN);
    }

    @Test
    void aNodeThatLeftTheCacheIsReadToItsEnd() throws Exception {
        assertThat(readerWithAnEvictedNode(false)).isEqualTo(8);
        assertThat(readerWithAnEvictedNode(true)).isEqualTo(STRANGER);
    }

    // A barrier ---------------------------------------------------------------------------------

    /** Whether a discard that no flush followed shows another volume's bytes afterwards. */
    private boolean discardedAndLost(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        VolumeDevice stranger = volume();
        write(v, 0, 8 * GRAIN, 7);
        v.flush();
        v.discard(0, 4 * GRAIN);
        // Not to the last: who finds no space brings a checkpoint, which covers the discard.
        SpaceMap space = pool.core().space;
        for (long at = 0; space.claims.thinGrains() > 1; at += GRAIN) {
            write(stranger, at, GRAIN, STRANGER);
        }
        losePower(SimFiles.KEEP_ALL);
        VolumeDevice left = pool.openVolume(v.volume());
        boolean strange = false;
        for (int g = 0; g < 4; g++) {
            assertThat(read(left, g * GRAIN)).isIn(7, STRANGER);
            strange |= read(left, g * GRAIN) == STRANGER;
        }
        return strange;
    }

    @Test
    void aGrainIsNotReusedBeforeTheRecordThatFreedItIsCovered() throws Exception {
        assertThat(discardedAndLost(new Quiet())).isFalse();
        assertThat(
                        discardedAndLost(
                                new Quiet() {
                                    @Override
                                    boolean reuseWaitsForBarrier() {
                                        return false;
                                    }
                                }))
                .isTrue();
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

    // Its name ----------------------------------------------------------------------------------

    /** Stops a checkpoint between its superblock and the log's batch that names it. */
    private static class HeldUnnamed extends Quiet {
        @Override
        void unnamed() {
            if (Thread.currentThread() == heldThread) {
                hold();
            }
        }
    }

    /** A superblock rots that the log does not name: the one before it is taken. */
    private String rottenBeforeItsName(HeldUnnamed rules) throws Exception {
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
        Side checkpoint = new Side(() -> pool.core().checkpointer.run(false));
        rules.heldThread = checkpoint.thread;
        checkpoint.thread.start();
        await(rules.reached);
        SpaceMap space = pool.core().space;
        for (long at = 0; space.claims.thinGrains() > 1; at += GRAIN) {
            write(other, at, GRAIN, 2);
        }
        other.flush();
        long newest = pool.core().checkpointer.current().generation();
        SimFiles left = files.afterPowerLoss(SimFiles.KEEP_ALL);
        rules.release.countDown();
        checkpoint.join();
        left.damage(Superblocks.FILE, (newest & 1) * Superblocks.DISTANCE, 3);
        try {
            reopen(left, UUID.randomUUID());
        } catch (StoreException e) {
            return String.valueOf(e.getMessage());
        }
        assertThat(read(pool.openVolume(other.volume()), 0)).isEqualTo(2);
        return String.join("; ", pool.check().problems());
    }

    @Test
    void whatACheckpointFreesIsNotReusedBeforeTheLogNamesIt() throws Exception {
        assertThat(rottenBeforeItsName(new HeldUnnamed())).isEmpty();
        assertThat(
                        rottenBeforeItsName(
                                new HeldUnnamed() {
                                    @Override
                                    Checkpointer.Reached reuse() {
                                        return Checkpointer.Reached.DURABLE;
                                    }
                                }))
                .contains("in use already");
    }
}
