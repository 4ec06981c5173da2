package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidegate.block.DeviceException;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Barrier rule 7: who waits for a checkpoint, when it begins, and whose the last tenth is. */
@NullUnmarked
class PoolLogRulesTest extends RuleScenes {

    private static final int NODE_BUDGET = 48 << 10;

    private boolean takesWritesWhenTheLogIsFull(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        for (int i = 0; i < 1500; i++) {
            try {
                write(v, 0, GRAIN, i);
                v.discard(0, GRAIN);
                // So that space never makes it wait, and thereby brings a checkpoint.
                v.flush();
            } catch (DeviceException e) {
                return false;
            }
        }
        return true;
    }

    @Test
    void changesWaitBeforeTheLogIsFull() throws Exception {
        assertThat(takesWritesWhenTheLogIsFull(new Quiet())).isTrue();
        assertThat(
                        takesWritesWhenTheLogIsFull(
                                new Quiet() {
                                    @Override
                                    boolean logRoomNeeded() {
                                        return false;
                                    }
                                }))
                .isFalse();
    }

    /** The most of the map that was in memory only, when each write makes a leaf. */
    private long mapAheadOfTheDisk(Quiet rules) throws Exception {
        start(rules, SMALL, options().withDirtyNodeBytes(NODE_BUDGET));
        VolumeDevice v = volume(1 << 30);
        long most = 0;
        for (int i = 0; i < 60; i++) {
            write(v, (long) i * MapNode.SLOTS * GRAIN, GRAIN, i);
            most = Math.max(most, pool.core().store.unwrittenBytes());
        }
        return most;
    }

    @Test
    void changesWaitWhileTheMapIsTooFarAheadOfTheDisk() throws Exception {
        // The last that was let in may change a path.
        long bound = NODE_BUDGET + 4 * Layout.PAGE_BYTES;
        assertThat(mapAheadOfTheDisk(new Quiet())).isLessThan(bound);
        assertThat(
                        mapAheadOfTheDisk(
                                new Quiet() {
                                    @Override
                                    boolean nodeBudgetHolds() {
                                        return false;
                                    }
                                }))
                .isGreaterThan(3 * bound);
    }

    /** Fills the log with hosts' records until only the last tenth is left. */
    private void fillLog(Wal log) throws IOException {
        int bytes = Wal.claimFor(1);
        while (log.claim(bytes)) {
            log.unclaim(bytes);
            log.append(List.of(new WalRecord.Nothing()), List.of());
            log.drain();
        }
    }

    /** Each has a part of the log that those before it cannot use up. */
    @Test
    void theLastTenthOfTheLogIsForActsThenBarriersThenTheCheckpoint() throws Exception {
        start(new Quiet());
        VolumeDevice v = volume();
        PoolCore core = pool.core();
        fillLog(core.wal);
        // Beside the pool, which would make a checkpoint before.
        Acts acts = new Acts(core);
        SnapshotId id = SnapshotId.random();
        acts.snapshot(Map.of(v.volume(), id));
        StoreException refused =
                catchThrowableOfType(
                        StoreException.class,
                        () -> {
                            for (int i = 0; ; i++) {
                                acts.hold(id, "hold " + i);
                            }
                        });
        assertThat(refused).hasMessageContaining("the log is full");
        core.wal.barrier(core.wal.queuedLsn());
        IOException full =
                catchThrowableOfType(
                        IOException.class,
                        () -> {
                            while (true) {
                                core.wal.barrier(core.wal.queuedLsn());
                            }
                        });
        assertThat(full).hasMessageContaining("the log is full");
        assertThat(core.checkpointer.run(false)).isTrue();
        acts.hold(id, "room again");
        write(v, 0, GRAIN, 1);
    }

    @Test
    void aCheckpointBeginsWhenHalfTheLogIsFull() throws Exception {
        start(new Quiet());
        PoolCore core = pool.core();
        long ring = core.checkpointer.current().walBytes();
        long tail = core.checkpointer.current().walTail();
        long generation = core.checkpointer.current().generation();
        long used = 0;
        while (core.checkpointer.current().generation() == generation) {
            core.wal.append(List.of(new WalRecord.Nothing()), List.of());
            core.wal.drain();
            used = core.wal.mark().position() - tail;
            assertThat(used).isLessThan(ring / 10 * 6);
            core.maintenance.step();
        }
        assertThat(used).isGreaterThan(ring / 2);
    }

    @Test
    void aCheckpointBeginsWhenHalfTheBudgetOfNodesIsUsed() throws Exception {
        start(new Quiet(), SMALL, options().withDirtyNodeBytes(NODE_BUDGET));
        VolumeDevice v = volume(1 << 30);
        PoolCore core = pool.core();
        long generation = core.checkpointer.current().generation();
        long ahead = 0;
        for (int i = 0; core.checkpointer.current().generation() == generation; i++) {
            write(v, (long) i * MapNode.SLOTS * GRAIN, GRAIN, i);
            ahead = core.store.unwrittenBytes();
            assertThat(ahead).isLessThan(NODE_BUDGET);
            core.maintenance.step();
        }
        assertThat(ahead).isGreaterThanOrEqualTo(NODE_BUDGET / 2);
    }

    /** The pool's own acts make room before they need it. */
    @Test
    void actsNeverMeetAFullLog() throws Exception {
        start(new Quiet());
        VolumeDevice v = volume();
        SnapshotId id = SnapshotId.random();
        pool.snapshot(Map.of(v.volume(), id));
        fillLog(pool.core().wal);
        long generation = pool.core().checkpointer.current().generation();
        // More than acts may take of the last tenth.
        long ring = pool.core().checkpointer.current().walBytes();
        for (long used = 0; used < ring / 20; used += 2 * WalBatch.ALIGN) {
            pool.hold(id, "a hold");
            pool.release(id, "a hold");
        }
        assertThat(pool.core().checkpointer.current().generation()).isGreaterThan(generation);
    }
}
