package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidegate.block.ChangeStream;
import io.tidegate.block.CopyTarget;
import io.tidegate.block.DeviceException;
import io.tidegate.volume.ScrubControl;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/**
 * What long work must not hold: rule W8, that a guard is left between two pieces and snapshots are
 * held by their counts; rule W1, that nobody waits at a gate with a guard, nor for a sync inside a
 * gate; and so barrier rule 9 for copies. A rule is broken by holding around the work what it
 * should give up within.
 */
@NullUnmarked
class PoolGuardRulesTest extends RuleScenes {

    private static final int SCATTERED = 300;

    private interface Between {
        void pieces() throws Exception;
    }

    private interface LongWork {
        /** Calls back once, when a piece is done and others are to come. */
        void run(VolumeDevice v, Between between) throws Exception;
    }

    // W8: space comes back ----------------------------------------------------------------------

    /** Grains of another volume that wait to be used again although their discard is durable. */
    private long heldBack(VolumeDevice other) throws Exception {
        SpaceMap space = pool.core().space;
        write(other, 0, 8 * GRAIN, 1);
        other.flush();
        long before = space.grainsUnderWay();
        other.discard(0, 8 * GRAIN);
        other.flush();
        pool.core().retirement.poll();
        return space.grainsUnderWay() - before;
    }

    private long heldBackDuring(boolean stays, LongWork work) throws Exception {
        start(new Quiet());
        VolumeDevice v = volume();
        VolumeDevice other = volume();
        long[] held = {-1};
        Guards guards = pool.core().guards;
        Guards.Guard guard = stays ? guards.enter() : null;
        try {
            work.run(v, () -> held[0] = heldBack(other));
        } finally {
            if (guard != null) {
                guards.leave(guard);
            }
        }
        return held[0];
    }

    private void leavesItsGuard(LongWork work) throws Exception {
        assertThat(heldBackDuring(false, work)).isZero();
        assertThat(heldBackDuring(true, work)).isEqualTo(8);
    }

    /** Every other grain, so that each is a change of its own. */
    private static void scatter(VolumeDevice v, int value) throws DeviceException {
        for (int i = 0; i < SCATTERED; i++) {
            write(v, 2L * i * GRAIN, GRAIN, value);
        }
    }

    private SnapshotId snapshot(VolumeDevice v) throws StoreException {
        SnapshotId id = SnapshotId.random();
        pool.snapshot(Map.of(v.volume(), id));
        return id;
    }

    @Test
    void aDifferenceLeavesItsGuardBetweenPieces() throws Exception {
        leavesItsGuard(
                (v, between) -> {
                    SnapshotId from = snapshot(v);
                    scatter(v, 1);
                    SnapshotId to = snapshot(v);
                    try (ChangeStream changes = pool.diff(from, to, 0)) {
                        assertThat(changes.next()).isPresent();
                        between.pieces();
                        assertThat(rest(changes)).hasSize(SCATTERED - 1);
                    }
                });
    }

    @Test
    void aScrubLeavesItsGuardBetweenPieces() throws Exception {
        leavesItsGuard(
                (v, between) -> {
                    scatter(v, 1);
                    Calls calls = new Calls(between);
                    assertThat(pool.scrub(calls).complete()).isTrue();
                    assertThat(calls.pieces).isGreaterThan(2);
                });
    }

    private static final class Calls implements ScrubControl {
        private final Between between;
        private int pieces;

        Calls(Between between) {
            this.between = between;
        }

        @Override
        public long bytesPerSecond() {
            return 0;
        }

        @Override
        public boolean cancelled() {
            return false;
        }

        @Override
        public void progress(long doneBytes, long totalBytes) {
            if (pieces++ == 1) {
                try {
                    between.pieces();
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            }
        }
    }

    @Test
    void aCopyLeavesItsGuardBetweenPieces() throws Exception {
        leavesItsGuard(
                (v, between) -> {
                    try (CopyTarget.CopyStream copy = ((CopyTarget) v).openCopyStream()) {
                        write(copy, 0, 16 * GRAIN, 1);
                        between.pieces();
                        write(copy, 16 * GRAIN, 16 * GRAIN, 1);
                        copy.flush();
                    }
                    assertThat(read(v, 20 * GRAIN)).isEqualTo(1);
                });
    }

    // W8: snapshots are held --------------------------------------------------------------------

    private static List<ChangeStream.Change> rest(ChangeStream changes) throws DeviceException {
        List<ChangeStream.Change> all = new ArrayList<>();
        Optional<ChangeStream.Change> next = changes.next();
        while (next.isPresent()) {
            all.add(next.get());
            next = changes.next();
        }
        return all;
    }

    /**
     * What a difference shows beside a deletion of the snapshot that it begins at: how many
     * changes, or damage.
     *
     * @param held whether the stream counts as one that has the snapshots open
     */
    private String differenceBesideADeletion(boolean held) throws Exception {
        start(new Quiet());
        VolumeDevice v = volume();
        VolumeDevice other = volume();
        scatter(v, 1);
        SnapshotId from = snapshot(v);
        scatter(v, 2);
        SnapshotId to = snapshot(v);
        pool.close();
        reopen(files, boot);
        PoolCore core = pool.core();
        Snapshot first = core.state.snapshots.get(from);
        long secondLeaf = Slot.address(core.store.node(first.root).slot(1));
        try (ChangeStream changes = pool.diff(from, to, 0)) {
            assertThat(changes.next()).isPresent();
            if (!held) {
                first.opens.decrementAndGet();
            }
            StoreException refusal =
                    catchThrowableOfType(StoreException.class, () -> pool.deleteSnapshot(from));
            assertThat(refusal != null).isEqualTo(held);
            walk();
            useUntilTaken(secondLeaf, pool.openVolume(other.volume()));
            return String.valueOf(1 + rest(changes).size());
        } catch (DeviceException e) {
            return "damage";
        }
    }

    @Test
    void aDifferenceHoldsItsSnapshots() throws Exception {
        assertThat(differenceBesideADeletion(true)).isEqualTo(String.valueOf(SCATTERED));
        assertThat(differenceBesideADeletion(false)).isNotEqualTo(String.valueOf(SCATTERED));
    }

    // W1: gate before guard ---------------------------------------------------------------------

    private long heldBackWhileAWriterWaits(boolean guardFirst) throws Exception {
        start(new Quiet());
        VolumeDevice v = volume();
        VolumeDevice other = volume();
        Guards guards = pool.core().guards;
        inside(v).gate.close();
        Side writer =
                new Side(
                        () -> {
                            Guards.Guard guard = guardFirst ? guards.enter() : null;
                            write(v, 0, GRAIN, 1);
                            if (guard != null) {
                                guards.leave(guard);
                            }
                        });
        writer.thread.start();
        writer.settled();
        assertThat(writer.thread.isAlive()).isTrue();
        long held = heldBack(other);
        inside(v).gate.open();
        writer.join();
        assertThat(read(v, 0)).isEqualTo(1);
        return held;
    }

    @Test
    void whoWaitsAtAGateHasNoGuard() throws Exception {
        assertThat(heldBackWhileAWriterWaits(false)).isZero();
        assertThat(heldBackWhileAWriterWaits(true)).isEqualTo(8);
    }

    // W1 and barrier rule 9: syncs outside the gate ----------------------------------------------

    /** Whether a volume's writes come to an end while a sync for it is under way. */
    private boolean drainsDuringASync(Quiet rules, VolumeDevice v, boolean insideTheGate, Body body)
            throws Exception {
        Gate gate = inside(v).gate;
        Side flush =
                heldAt(
                        rules,
                        "sync data",
                        () -> {
                            if (insideTheGate) {
                                gate.enter();
                            }
                            body.run();
                            if (insideTheGate) {
                                gate.leave();
                            }
                        });
        gate.close();
        boolean drained = pool.core().drained(List.of(inside(v)));
        gate.open();
        rules.release.countDown();
        flush.join();
        return drained;
    }

    private boolean drainsDuringAFlush(boolean insideTheGate) throws Exception {
        Quiet rules = new Quiet();
        start(rules);
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        return drainsDuringASync(rules, v, insideTheGate, v::flush);
    }

    @Test
    void noDrainWaitsForTheSyncOfAFlush() throws Exception {
        assertThat(drainsDuringAFlush(false)).isTrue();
        assertThat(drainsDuringAFlush(true)).isFalse();
    }

    private boolean drainsDuringACopysSync(boolean insideTheGate) throws Exception {
        Quiet rules = new HeldAtItsBytes();
        start(rules);
        VolumeDevice v = volume();
        try (CopyTarget.CopyStream copy = ((CopyTarget) v).openCopyStream()) {
            write(copy, 0, 16 * GRAIN, 1);
            return drainsDuringASync(rules, v, insideTheGate, copy::flush);
        }
    }

    @Test
    void noDrainWaitsForTheSyncOfACopy() throws Exception {
        assertThat(drainsDuringACopysSync(false)).isTrue();
        assertThat(drainsDuringACopysSync(true)).isFalse();
    }

    // Barrier rule 9: a piece -------------------------------------------------------------------

    /** What the end of a long write in place is when its volume has been drained meanwhile. */
    private Optional<Integer> drainedAmidAWrite(boolean oneStay) throws Exception {
        Quiet rules = new HeldAtItsBytes();
        // A drain that comes to nothing takes all of its time.
        Duration limit = oneStay ? Duration.ofMillis(50) : Duration.ofMinutes(5);
        start(
                rules,
                new PoolOptions(16 << 20, GRAIN, 64 << 10, 1 << 20, 1 << 20, true),
                options().withDrainLimit(limit));
        VolumeDevice v = volume();
        int length = 4 * VolumeWriter.PIECE_BYTES;
        write(v, 0, length, 1);
        Gate gate = inside(v).gate;
        Side writer =
                heldAt(
                        rules,
                        "write data",
                        () -> {
                            if (oneStay) {
                                gate.enter();
                            }
                            write(v, 0, length, 2);
                            if (oneStay) {
                                gate.leave();
                            }
                        });
        gate.close();
        rules.release.countDown();
        boolean drained = pool.core().drained(List.of(inside(v)));
        Optional<Integer> last = drained ? Optional.of(read(v, length - GRAIN)) : Optional.empty();
        gate.open();
        writer.join();
        assertThat(read(v, length - GRAIN)).isEqualTo(2);
        return last;
    }

    @Test
    void aLongWriteLeavesTheGateBetweenPieces() throws Exception {
        assertThat(drainedAmidAWrite(false)).contains(1);
        assertThat(drainedAmidAWrite(true)).isEmpty();
    }

    @Test
    void aCopyIsSyncedAtTheLatestWhenAPieceIsFull() throws Exception {
        start(
                new Quiet(),
                new PoolOptions(128 << 20, GRAIN, 1 << 20, 128 << 20, 1 << 20, true),
                options());
        VolumeDevice v = volume(96 << 20);
        List<String> syncs = new ArrayList<>();
        ByteBuffer piece = ByteBuffer.allocateDirect(1 << 20);
        try (CopyTarget.CopyStream copy = ((CopyTarget) v).openCopyStream()) {
            files.before =
                    op -> {
                        if (op.startsWith("sync")) {
                            syncs.add(op);
                        }
                    };
            for (long at = 0; at < PoolCopyStream.MOST_STAGED_BYTES; at += piece.capacity()) {
                assertThat(syncs).as("at %s", at).isEmpty();
                copy.write(at, piece.clear());
            }
            assertThat(syncs).containsOnly("sync data-0000");
        }
    }
}
