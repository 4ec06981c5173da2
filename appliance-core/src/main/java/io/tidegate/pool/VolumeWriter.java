package io.tidegate.pool;

import io.tidegate.block.AtomicUpdatable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Changes of a volume's content, by rules W1 to W5: admission, gate, guard, range lock; in place
 * where nothing else may still see the old bytes, else to new grains: bytes first, then the slot,
 * then the record.
 */
final class VolumeWriter {

    /** The longest range that one stay inside the gate writes. */
    static final int PIECE_BYTES = 1 << 20;

    private static final long DISCARD_BYTES = 1L << 30;

    private final PoolCore core;
    private final Volume v;
    private final Layout layout;

    VolumeWriter(PoolCore core, Volume v) {
        this.core = core;
        this.v = v;
        this.layout = core.layout;
    }

    /** What is done with a range while it is locked; may be asked twice, see {@link #locked}. */
    private interface Step {
        /**
         * @param claimed whether new grains may be taken; if not and one would be needed, nothing
         *     must be done
         * @return false when it needs a claim
         */
        boolean run(boolean claimed) throws IOException;
    }

    // Writing -----------------------------------------------------------------------------------

    void write(long offset, ByteBuffer from) throws IOException {
        int limit = from.limit();
        long at = offset;
        while (from.position() < limit) {
            int n = (int) Math.min(limit - from.position(), PIECE_BYTES - at % PIECE_BYTES);
            ByteBuffer piece = from.slice(from.position(), n);
            long start = at;
            locked(start, n, claimed -> store(start, piece, claimed));
            from.position(from.position() + n);
            at += n;
        }
        answered();
    }

    /**
     * With a write cache, an answer stands once all records below lie in the log (barrier rule 2).
     * If that fails the change is not acknowledged: its records stay queued, in order, and the next
     * that writes the log writes them.
     */
    private void answered() throws IOException {
        core.wal.awaitWritten(v.lastLsn());
    }

    /** Looks, changes and writes back a range while its grains are locked. */
    boolean update(long offset, int length, AtomicUpdatable.Change change) throws IOException {
        ByteBuffer current = ByteBuffer.allocateDirect(length);
        boolean[] result = new boolean[1];
        locked(
                offset,
                length,
                claimed -> {
                    long first = offset >>> layout.grainShift();
                    long end = layout.grainsOf(offset + length);
                    if (!claimed && !inPlace(first, end)) {
                        return false;
                    }
                    current.clear();
                    core.reader.read(v.map.root(), offset, current, false);
                    result[0] = change.apply(current.flip());
                    return !result[0] || store(offset, current.clear(), claimed);
                });
        answered();
        return result[0];
    }

    /** Runs a step inside gate, guard and range lock; with a claim only if it asks for one. */
    private void locked(long offset, long length, Step step) throws IOException {
        requireWritable();
        // Else each write that fails would leave one more record in the queue.
        core.wal.tryAgain();
        if (enter(offset, length, step, null)) {
            return;
        }
        int grains = (int) (layout.grainsOf(offset + length) - (offset >>> layout.grainShift()));
        Admission.Claim claim = core.admission.claim(grains, v.map.nodesFor(grains), grains + 1);
        if (!enter(offset, length, step, claim)) {
            throw new IllegalStateException("a step asks for a claim that it has");
        }
    }

    private void requireWritable() throws IOException {
        if (!core.health.writable()) {
            throw new IOException("the pool takes no writes: " + core.health.readOnlyReason());
        }
    }

    private boolean enter(long offset, long length, Step step, Admission.@Nullable Claim claim)
            throws IOException {
        v.gate.enter();
        try {
            Guards.Guard guard = core.guards.enter();
            try {
                return lockedStep(offset, length, step, claim != null);
            } finally {
                core.guards.leave(guard);
            }
        } finally {
            v.gate.leave();
            if (claim != null) {
                release(claim);
            }
        }
    }

    private void release(Admission.Claim claim) {
        core.space.unclaim(claim.grains(), claim.nodes());
        core.wal.unclaim(claim.walBytes());
    }

    private boolean lockedStep(long offset, long length, Step step, boolean claimed)
            throws IOException {
        if (v.deleted) {
            throw new GoneException("volume " + v.id + " was deleted");
        }
        if (!core.rules.rangeLocks()) {
            return step.run(claimed);
        }
        RangeLocks.Range range =
                v.ranges.lock(offset >>> layout.grainShift(), layout.grainsOf(offset + length));
        try {
            return step.run(claimed);
        } finally {
            v.ranges.unlock(range);
        }
    }

    private boolean inPlace(long first, long end) throws IOException {
        int horizon = v.horizon();
        for (long g = first; g < end; g++) {
            if (!mayOverwrite(v.map.slot(g), horizon)) {
                return false;
            }
        }
        return true;
    }

    /** Rule W3: nothing else may still see the bytes, and no seal vouches for them. */
    private boolean mayOverwrite(long slot, int horizon) {
        return Slot.address(slot) != 0
                && Slot.birth(slot) > horizon
                && !core.pins.pinned(Slot.address(slot));
    }

    private boolean store(long offset, ByteBuffer from, boolean claimed) throws IOException {
        long first = offset >>> layout.grainShift();
        long end = layout.grainsOf(offset + from.remaining());
        if (!claimed && !inPlace(first, end)) {
            return false;
        }
        v.changes.increment();
        try {
            int horizon = v.horizon();
            long g = first;
            while (g < end) {
                boolean in = mayOverwrite(v.map.slot(g), horizon);
                long leafEnd = Math.min(end, (g | MapNode.SLOT_MASK) + 1);
                long runEnd = g + 1;
                while (runEnd < leafEnd && mayOverwrite(v.map.slot(runEnd), horizon) == in) {
                    runEnd++;
                }
                if (in) {
                    overwrite(g, runEnd, offset, from);
                } else {
                    redirect(g, runEnd, offset, from);
                }
                g = runEnd;
            }
        } finally {
            v.changes.increment();
        }
        return true;
    }

    private void overwrite(long first, long end, long offset, ByteBuffer from) throws IOException {
        core.rules.lookedUp();
        long start = Math.max(offset, first << layout.grainShift());
        long stop = Math.min(offset + from.remaining(), end << layout.grainShift());
        ByteBuffer part = part(from, start - offset, stop - start);
        core.reader.overwrite(v.map.root(), start, part);
    }

    private static ByteBuffer part(ByteBuffer from, long skip, long length) {
        return from.slice(from.position() + (int) skip, (int) length);
    }

    /** New grains for grains in one leaf; each run of neighbours on disk is one record. */
    private void redirect(long first, long end, long offset, ByteBuffer from) throws IOException {
        long g = first;
        while (g < end) {
            SpaceMap.Taken taken = core.space.takeGrains(v.open, (int) (end - g));
            boolean written = false;
            try {
                writeNew(g, taken, offset, from);
                written = true;
            } finally {
                if (!written) {
                    core.space.giveBack(taken.address(), taken.grains());
                }
            }
            publish(g, taken);
            g += taken.grains();
        }
    }

    private void publish(long g, SpaceMap.Taken taken) throws IOException {
        Replaced replaced = new Replaced();
        int published = 0;
        try {
            v.map.publish(g, taken.grains(), taken.address(), layout.grainPages(), replaced);
            published = taken.grains();
            core.rules.published();
        } finally {
            if (published == 0) {
                core.space.giveBack(taken.address(), taken.grains());
            }
            // Nodes of the path may have been copied even if the slots were not reached.
            long address = published == 0 ? 0 : taken.address();
            queue(new WalRecord.MapRun(v.serial, g, published, address, v.map.epoch()), replaced);
        }
    }

    private void queue(WalRecord record, Replaced replaced) {
        v.queued(core.wal.append(List.of(record), replaced));
    }

    private void writeNew(long g, SpaceMap.Taken taken, long offset, ByteBuffer from)
            throws IOException {
        long grainStart = g << layout.grainShift();
        long grainEnd = g + taken.grains() << layout.grainShift();
        long start = Math.max(offset, grainStart);
        long stop = Math.min(offset + from.remaining(), grainEnd);
        if (start == grainStart && stop == grainEnd) {
            core.files.write(taken.address(), 0, part(from, start - offset, stop - start));
            return;
        }
        // What the write does not bring of the first and last grain comes from the old ones.
        ByteBuffer whole = ByteBuffer.allocateDirect((int) (grainEnd - grainStart));
        whole.limit((int) (start - grainStart));
        core.reader.read(v.map.root(), grainStart, whole, false);
        whole.limit((int) (stop - grainStart)).put(part(from, start - offset, stop - start));
        whole.limit(whole.capacity());
        core.reader.read(v.map.root(), stop, whole, false);
        core.files.write(taken.address(), 0, whole.flip());
    }

    // Discarding --------------------------------------------------------------------------------

    void discard(long offset, long length) throws IOException {
        long end = offset + length;
        long at = offset;
        while (at < end) {
            long grainStart = at & -layout.grainBytes();
            long stop = Math.min(end, (at / DISCARD_BYTES + 1) * DISCARD_BYTES);
            long wholeEnd = stop & -layout.grainBytes();
            boolean tail = stop == v.shape.geometry().sizeBytes();
            if (at == grainStart && (wholeEnd > at || tail)) {
                long until = tail ? layout.grainsOf(stop) << layout.grainShift() : wholeEnd;
                discardGrains(at >>> layout.grainShift(), until >>> layout.grainShift());
                at = Math.min(end, until);
            } else {
                long partEnd = Math.min(end, grainStart + layout.grainBytes());
                zeroPart(at, (int) (partEnd - at));
                at = partEnd;
            }
        }
        answered();
    }

    private void zeroPart(long offset, int length) throws IOException {
        ByteBuffer zeroes = ByteBuffer.allocateDirect(length);
        locked(
                offset,
                length,
                claimed ->
                        Slot.address(v.map.slot(offset >>> layout.grainShift())) == 0
                                || store(offset, zeroes.duplicate(), claimed));
    }

    private void discardGrains(long first, long end) throws IOException {
        requireWritable();
        core.wal.tryAgain();
        int nodes = 4 * (v.map.root().level + 1);
        Admission.Claim claim = core.admission.claim(0, nodes, 1);
        enter(
                first << layout.grainShift(),
                (end - first) << layout.grainShift(),
                claimed -> clear(first, end),
                claim);
    }

    private boolean clear(long first, long end) throws IOException {
        Replaced replaced = new Replaced();
        v.changes.increment();
        try {
            v.map.discard(first, end, v.frozenEpoch(), replaced);
            core.rules.published();
        } finally {
            if (!replaced.entries.isEmpty()) {
                // A node that could not be read ends it early: the record tells what was done.
                long n = Math.max(0, replaced.doneUntil - first);
                queue(new WalRecord.Discard(v.serial, first, n, v.map.epoch()), replaced);
            }
            v.changes.increment();
        }
        return true;
    }

    void flush() throws IOException {
        requireWritable();
        core.admission.makeRoom();
        core.barrier.flush(v.lastLsn());
    }
}
