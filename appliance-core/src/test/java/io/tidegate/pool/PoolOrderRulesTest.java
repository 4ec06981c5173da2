package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidegate.block.ChangeStream;
import io.tidegate.block.DeviceException;
import io.tidegate.volume.BookmarkId;
import io.tidegate.volume.SnapshotDevice;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Rules of the data path: admission, horizon, bytes before slots, nodes copied before changed. */
@NullUnmarked
class PoolOrderRulesTest extends RuleScenes {

    // W1 ----------------------------------------------------------------------------------------

    /** Gives up, by ending the pool, a wait that no checkpoint ends. */
    private class Waits extends Quiet {
        private static final int HOPELESS = 3;
        int inARow;
        int all;

        @Override
        void waitsForCheckpoint() {
            all++;
            if (++inARow > HOPELESS) {
                pool.core().health.fail("stuck", new IllegalStateException("stuck"));
            }
        }
    }

    /** Writes until the log has been full several times; false when a write got stuck. */
    private boolean goesOnWhenTheLogIsFull(Waits rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        int value = 0;
        while (rules.all < 3) {
            rules.inARow = 0;
            try {
                write(v, 0, GRAIN, ++value);
                v.discard(0, GRAIN);
            } catch (DeviceException e) {
                return false;
            }
        }
        return pool.core().health.writable();
    }

    @Test
    void aWriterThatWaitsForACheckpointDoesNotKeepItFromDraining() throws Exception {
        assertThat(goesOnWhenTheLogIsFull(new Waits())).isTrue();
        assertThat(
                        goesOnWhenTheLogIsFull(
                                new Waits() {
                                    @Override
                                    boolean admissionBeforeGate() {
                                        return false;
                                    }
                                }))
                .isFalse();
    }

    // W3a ---------------------------------------------------------------------------------------

    /** What the snapshot shows whose deletion was under way when power was lost. */
    private int snapshotThatComesBack(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        SnapshotId id = SnapshotId.random();
        pool.snapshot(Map.of(v.volume(), id));
        write(v, GRAIN, GRAIN, 5);
        Side deletion = heldAt(rules, "sync data", () -> pool.deleteSnapshot(id));
        write(v, 0, GRAIN, 2);
        SimFiles left = files.afterPowerLoss(SimFiles.KEEP_ALL);
        rules.release.countDown();
        deletion.join();
        reopen(left, UUID.randomUUID());
        try (SnapshotDevice s = pool.openSnapshot(id)) {
            return read(s, 0);
        }
    }

    @Test
    void aDeletedSnapshotCountsUntilItsDeletionIsDurable() throws Exception {
        assertThat(snapshotThatComesBack(new Quiet())).isEqualTo(1);
        assertThat(
                        snapshotThatComesBack(
                                new Quiet() {
                                    @Override
                                    int horizon(Volume v) {
                                        return v.frozenEpoch();
                                    }
                                }))
                .isEqualTo(2);
    }

    /** Whether the difference from a bookmark names a grain that was written after it. */
    private boolean differenceSeesTheWrite(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        SnapshotId first = SnapshotId.random();
        BookmarkId mark = BookmarkId.random();
        pool.snapshot(Map.of(v.volume(), first));
        pool.bookmark(first, mark);
        write(v, 0, GRAIN, 2);
        SnapshotId second = SnapshotId.random();
        pool.snapshot(Map.of(v.volume(), second));
        try (ChangeStream changes = pool.diff(mark, second, 0)) {
            return changes.next().isPresent();
        }
    }

    @Test
    void aBookmarkKeepsWritesOutOfPlace() throws Exception {
        assertThat(differenceSeesTheWrite(new Quiet())).isTrue();
        assertThat(
                        differenceSeesTheWrite(
                                new Quiet() {
                                    @Override
                                    int horizon(Volume v) {
                                        return v.frozenEpoch();
                                    }
                                }))
                .isFalse();
    }

    /** What a snapshot shows after an overwrite of a clone that began as it. */
    private int originOfAClone(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        SnapshotId origin = SnapshotId.random();
        pool.snapshot(Map.of(v.volume(), origin));
        VolumeId clone = VolumeId.random();
        pool.cloneSnapshot(origin, clone);
        write(pool.openVolume(clone), 0, GRAIN, 2);
        try (SnapshotDevice s = pool.openSnapshot(origin)) {
            return read(s, 0);
        }
    }

    @Test
    void aCloneDoesNotOverwriteItsOrigin() throws Exception {
        assertThat(originOfAClone(new Quiet())).isEqualTo(1);
        assertThat(
                        originOfAClone(
                                new Quiet() {
                                    @Override
                                    int horizon(Volume v) {
                                        return v.snapshots.isEmpty() ? 0 : v.horizon();
                                    }
                                }))
                .isEqualTo(2);
    }

    // W4 ----------------------------------------------------------------------------------------

    /** What a reader sees beside a write, and what a loss of power after a flush leaves of it. */
    private record Seen(int byReader, int afterPowerLoss) {}

    private Seen besideAWriteThatIsNotThereYet(Quiet rules) throws Exception {
        startAmongStrangers(rules);
        VolumeDevice v = volume();
        VolumeDevice other = volume();
        Side writer = heldAt(rules, "write data", () -> write(v, 0, GRAIN, 2));
        int byReader = read(v, 0);
        write(other, 0, GRAIN, 3);
        other.flush();
        SimFiles left = files.afterPowerLoss(SimFiles.KEEP_ALL);
        rules.release.countDown();
        writer.join();
        assertThat(read(v, 0)).isEqualTo(2);
        reopen(left, UUID.randomUUID());
        assertThat(read(pool.openVolume(other.volume()), 0)).isEqualTo(3);
        return new Seen(byReader, read(pool.openVolume(v.volume()), 0));
    }

    @Test
    void bytesAreThereBeforeAnythingLeadsToThem() throws Exception {
        assertThat(besideAWriteThatIsNotThereYet(new HeldAtItsBytes())).isEqualTo(new Seen(0, 0));
        assertThat(
                        besideAWriteThatIsNotThereYet(
                                new HeldAtItsBytes() {
                                    @Override
                                    boolean bytesFirst() {
                                        return false;
                                    }
                                }))
                .isEqualTo(new Seen(STRANGER, STRANGER));
    }

    /** A part of the bytes has arrived; nobody sees them, and the grain is free as before. */
    @Test
    void aWriteThatFailsShowsNothingAndTakesNothing() throws Exception {
        start(new Quiet());
        VolumeDevice v = volume();
        SpaceMap space = pool.core().space;
        write(v, GRAIN, GRAIN, 1);
        long free = space.claims.thinGrains();
        long underWay = space.grainsUnderWay();
        long records = pool.core().wal.queuedLsn();
        files.faults = new FaultPlan(op -> op.startsWith("write data"), 0, 1, FaultPlan.EIO, 1);
        DeviceException e =
                catchThrowableOfType(DeviceException.class, () -> write(v, 0, GRAIN, 2));
        assertThat(e.kind()).isEqualTo(DeviceException.Kind.WRITE);
        files.faults = null;
        assertThat(read(v, 0)).isZero();
        assertThat(pool.core().wal.queuedLsn()).as("records").isEqualTo(records);
        assertThat(space.grainsUnderWay()).isEqualTo(underWay);
        assertThat(space.claims.thinGrains()).isEqualTo(free);
        write(v, 0, GRAIN, 3);
        assertThat(read(v, 0)).isEqualTo(3);
    }

    // W9 ----------------------------------------------------------------------------------------

    /**
     * @param young whether the nodes of the snapshot's map are taken for nodes of the new epoch
     */
    private int snapshotAfterAWrite(boolean young) throws Exception {
        start(new Quiet());
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        long stamp = pool.core().state.stamps.get();
        SnapshotId id = SnapshotId.random();
        pool.snapshot(Map.of(v.volume(), id));
        if (young) {
            VolumeMap map = pool.core().state.volumes.get(v.volume()).map;
            map.freeze(stamp, map.epoch());
        }
        write(v, 0, GRAIN, 2);
        try (SnapshotDevice s = pool.openSnapshot(id)) {
            return read(s, 0);
        }
    }

    @Test
    void aNodeThatASnapshotHasIsCopiedBeforeItIsChanged() throws Exception {
        assertThat(snapshotAfterAWrite(false)).isEqualTo(1);
        assertThat(snapshotAfterAWrite(true)).isEqualTo(2);
    }

    /** Whether a reader ends while a writer changes the map and waits for the disk. */
    private boolean readsBesideAChangeOfTheMap(boolean takesTheLock) throws Exception {
        Quiet rules = new Quiet();
        start(rules);
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        pool.close();
        reopen(files, boot, rules);
        VolumeDevice d = pool.openVolume(v.volume());
        VolumeMap map = inside(d).map;
        // Looks for what is mapped, with the map locked; the leaf has to be read for that.
        Side change = heldAt(rules, "read data", () -> d.discard(0, 2 * GRAIN));
        Side reader =
                new Side(
                        () -> {
                            if (takesTheLock) {
                                map.growTo(1);
                            }
                            assertThat(read(d, 0)).isEqualTo(1);
                        });
        reader.thread.start();
        reader.settled();
        boolean ended = !reader.thread.isAlive();
        if (ended) {
            reader.join();
        }
        rules.release.countDown();
        change.join();
        reader.thread.join();
        return ended;
    }

    @Test
    void readersWalkTheMapWithoutItsLock() throws Exception {
        assertThat(readsBesideAChangeOfTheMap(false)).isTrue();
        assertThat(readsBesideAChangeOfTheMap(true)).isFalse();
    }
}
