package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.AtomicUpdatable;
import io.tidegate.block.ExtentSharing;
import io.tidegate.volume.SnapshotDevice;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import java.nio.ByteOrder;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Interleavings that a rule forbids: covered LSN, guards, range locks, exact cut, drain. */
@NullUnmarked
class PoolRulesTest extends RuleScenes {

    // Barrier rule 1 ----------------------------------------------------------------------------

    private int afterABarrierThatRanBesideAWrite(Quiet rules) throws Exception {
        startAmongStrangers(rules);
        VolumeDevice a = volume();
        VolumeDevice b = volume();
        write(a, 0, GRAIN, 1);
        Side flush = heldAt(rules, "sync data", a::flush);
        write(b, 0, GRAIN, 2);
        rules.release.countDown();
        flush.join();
        losePower(SimFiles.LOSE_ALL);
        assertThat(read(pool.openVolume(a.volume()), 0)).isEqualTo(1);
        return read(pool.openVolume(b.volume()), 0);
    }

    @Test
    void aBarrierCoversOnlyWhatWasQueuedBeforeItsSync() throws Exception {
        assertThat(afterABarrierThatRanBesideAWrite(new Quiet())).isIn(0, 2);
        assertThat(
                        afterABarrierThatRanBesideAWrite(
                                new Quiet() {
                                    @Override
                                    boolean barrierCoversItself() {
                                        return true;
                                    }
                                }))
                .isEqualTo(STRANGER);
    }

    // W6 ----------------------------------------------------------------------------------------

    private int readerBesideReuse(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        VolumeDevice stranger = volume();
        write(v, 0, GRAIN, 7);
        write(v, GRAIN, GRAIN, 8);
        v.flush();
        int[] seen = new int[1];
        Side reader = heldAt(rules, "read data", () -> seen[0] = read(v, 0));
        v.discard(0, GRAIN);
        v.flush();
        fill(stranger);
        rules.release.countDown();
        reader.join();
        return seen[0];
    }

    @Test
    void aGrainIsNotReusedWhileAReaderMayStillReadIt() throws Exception {
        assertThat(readerBesideReuse(new Quiet())).isEqualTo(7);
        assertThat(
                        readerBesideReuse(
                                new Quiet() {
                                    @Override
                                    boolean guardsCountAsGone() {
                                        return true;
                                    }
                                }))
                .isEqualTo(STRANGER);
    }

    // W2 ----------------------------------------------------------------------------------------

    private boolean twoWritersOfOneFrozenGrain(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        pool.snapshot(Map.of(v.volume(), SnapshotId.random()));
        Side first = heldAt(rules, "write data", () -> write(v, 0, 512, 2));
        Side second = new Side(() -> write(v, 512, 512, 3));
        second.thread.start();
        second.settled();
        rules.release.countDown();
        first.join();
        second.join();
        return read(v, 0) == 2 && read(v, 512) == 3 && pool.check().clean();
    }

    @Test
    void writersOfAGrainExcludeEachOther() throws Exception {
        assertThat(twoWritersOfOneFrozenGrain(new Quiet())).isTrue();
        assertThat(
                        twoWritersOfOneFrozenGrain(
                                new Quiet() {
                                    @Override
                                    boolean rangeLocks() {
                                        return false;
                                    }
                                }))
                .isFalse();
    }

    private interface Change {
        void on(VolumeDevice v) throws Exception;
    }

    /** A part of a grain is written; another change of the grain comes before its bytes. */
    private String besideAPartialWrite(boolean locks, Change change) throws Exception {
        Quiet rules =
                new Quiet() {
                    @Override
                    boolean rangeLocks() {
                        return locks;
                    }
                };
        start(rules);
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        pool.snapshot(Map.of(v.volume(), SnapshotId.random()));
        Side first = heldAt(rules, "write data", () -> write(v, 0, 512, 2));
        Side second = new Side(() -> change.on(v));
        second.thread.start();
        second.settled();
        rules.release.countDown();
        first.join();
        second.join();
        return read(v, 0) + " " + read(v, 512);
    }

    @Test
    void allWhoChangeAGrainExcludeEachOther() throws Exception {
        Change discard = v -> v.discard(0, GRAIN);
        Change compareAndWrite =
                v ->
                        ((AtomicUpdatable) v)
                                .update(
                                        512,
                                        512,
                                        now -> {
                                            boolean same =
                                                    now.order(ByteOrder.LITTLE_ENDIAN).getInt(0)
                                                            == 1;
                                            now.putInt(0, 3);
                                            return same;
                                        });
        Change share =
                v -> {
                    VolumeDevice source = volume();
                    write(source, 0, GRAIN, 9);
                    assertThat(((ExtentSharing) v).share(source, 0, 0, GRAIN)).isEqualTo(GRAIN);
                };
        assertThat(besideAPartialWrite(true, discard)).isEqualTo("0 0");
        assertThat(besideAPartialWrite(false, discard)).isEqualTo("2 1");
        assertThat(besideAPartialWrite(true, compareAndWrite)).isEqualTo("2 3");
        assertThat(besideAPartialWrite(false, compareAndWrite)).isEqualTo("2 1");
        assertThat(besideAPartialWrite(true, share)).isEqualTo("9 9");
        assertThat(besideAPartialWrite(false, share)).isEqualTo("2 1");
    }

    // Exact cut ---------------------------------------------------------------------------------

    private String checkpointBesideAWrite(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        Side writer = new Side(() -> write(v, GRAIN, GRAIN, 2));
        rules.heldThread = writer.thread;
        writer.thread.start();
        await(rules.reached);
        boolean made = pool.core().checkpointer.run(false);
        rules.release.countDown();
        writer.join();
        write(v, GRAIN, GRAIN, 3);
        assertThat(made).isEqualTo(!rules.drainForCheckpoint());
        try {
            reopen(files.afterKill(), boot);
        } catch (IllegalStateException e) {
            return String.valueOf(e.getMessage());
        }
        return String.join("; ", pool.check().problems());
    }

    @Test
    void aCheckpointIsCutWhereNoWriteIsHalfDone() throws Exception {
        assertThat(checkpointBesideAWrite(new Quiet())).isEmpty();
        assertThat(
                        checkpointBesideAWrite(
                                new Quiet() {
                                    @Override
                                    boolean drainForCheckpoint() {
                                        return false;
                                    }
                                }))
                .isNotEmpty();
    }

    // Drain -------------------------------------------------------------------------------------

    private boolean snapshotBesideAWriteInPlace(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        SnapshotId id = SnapshotId.random();
        Side writer = heldAt(rules, "write data", () -> write(v, 0, GRAIN, 2));
        boolean taken = true;
        try {
            pool.snapshot(Map.of(v.volume(), id));
        } catch (StoreException e) {
            assertThat(e.kind()).isEqualTo(StoreException.Kind.NOT_DRAINED);
            taken = false;
        }
        int before = 0;
        if (taken) {
            try (SnapshotDevice s = pool.openSnapshot(id)) {
                before = read(s, 0);
            }
        }
        rules.release.countDown();
        writer.join();
        if (!taken) {
            assertThat(pool.snapshots(v.volume())).isEmpty();
            pool.snapshot(Map.of(v.volume(), id));
            before = 2;
        }
        try (SnapshotDevice s = pool.openSnapshot(id)) {
            return read(s, 0) == before;
        }
    }

    @Test
    void aSnapshotWaitsForWritesThatWereIssued() throws Exception {
        assertThat(snapshotBesideAWriteInPlace(new Quiet())).isTrue();
        assertThat(
                        snapshotBesideAWriteInPlace(
                                new Quiet() {
                                    @Override
                                    boolean drainForSnapshot() {
                                        return false;
                                    }
                                }))
                .isFalse();
    }
}
