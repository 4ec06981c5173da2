package io.tidegate.pool;

import io.tidegate.block.AtomicUpdatable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;
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

    private static final int LARGEST_GRAIN_BYTES = 64 << 10;

    /** Where parts of grains are put together; memory outside the heap is dear to get. */
    private static final ThreadLocal<ByteBuffer> MERGED =
            ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(0));

    /** As long as the largest grain. */
    private static final ByteBuffer ZEROES =
            ByteBuffer.allocateDirect(LARGEST_GRAIN_BYTES).asReadOnlyBuffer();

    private final PoolCore core;
    private final Volume v;
    private final Layout layout;

    VolumeWriter(PoolCore core, Volume v) {
        this.core = core;
        this.v = v;
        this.layout = core.layout;
    }

    /** What is done with a range while it is locked; may be asked twice, see {@link #locked}. */
    interface Step {
        /**
         * @param claim what new grains are taken from; if there is none and one would be needed,
         *     nothing must be done
         * @return false when it needs a claim
         */
        boolean run(Admission.@Nullable Claim claim) throws IOException;
    }

    // Writing -----------------------------------------------------------------------------------

    void write(long offset, ByteBuffer from) throws IOException {
        write(offset, from, null);
    }

    /**
     * As {@link #write}, for a copy: what it changes in place is owed to the flushes of this volume
     * alone.
     */
    void copy(long offset, ByteBuffer from) throws IOException {
        write(offset, from, core.rules.copiesAreOwedApart() ? v.copied : null);
    }

    private void write(long offset, ByteBuffer from, @Nullable OwedFiles owed) throws IOException {
        int limit = from.limit();
        long at = offset;
        while (from.position() < limit) {
            int n = (int) Math.min(limit - from.position(), PIECE_BYTES - at % PIECE_BYTES);
            ByteBuffer piece = from.slice(from.position(), n);
            long start = at;
            locked(start, n, claim -> store(start, piece, claim, owed));
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
    void answered() throws IOException {
        if (core.rules.answersWhenWritten()) {
            core.wal.awaitWritten(v.lastLsn());
        }
    }

    /** Looks, changes and writes back a range while its grains are locked. */
    boolean update(long offset, int length, AtomicUpdatable.Change change) throws IOException {
        ByteBuffer current = ByteBuffer.allocateDirect(length);
        boolean[] result = new boolean[1];
        locked(
                offset,
                length,
                claim -> {
                    long first = offset >>> layout.grainShift();
                    long end = layout.grainsOf(offset + length);
                    if (claim == null && !inPlace(first, end)) {
                        return false;
                    }
                    current.clear();
                    core.reader.read(v.map.root(), offset, current, false);
                    result[0] = change.apply(current.flip());
                    return !result[0] || store(offset, current.clear(), claim, null);
                });
        answered();
        return result[0];
    }

    /** Runs a step inside gate, guard and range lock; with a claim only if it asks for one. */
    void locked(long offset, long length, Step step) throws IOException {
        requireWritable();
        // Else each write that fails would leave one more record in the queue.
        core.wal.tryAgain();
        if (enter(offset, length, step, null)) {
            return;
        }
        int grains = (int) (layout.grainsOf(offset + length) - (offset >>> layout.grainShift()));
        Admission.Claim claim = admitted(grains);
        if (!enter(offset, length, step, claim)) {
            throw new IllegalStateException("a step asks for a claim that it has");
        }
    }

    /** Rule W1: what may wait for a checkpoint waits outside the gate that a checkpoint closes. */
    private Admission.Claim admitted(int grains) throws IOException {
        boolean inside = !core.rules.admissionBeforeGate();
        if (inside) {
            v.gate.enter();
        }
        try {
            return core.admission.claim(v, grains, v.map.nodesFor(grains), grains + 1);
        } finally {
            if (inside) {
                v.gate.leave();
            }
        }
    }

    void requireWritable() throws IOException {
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
                return lockedStep(offset, length, step, claim);
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

    void release(Admission.Claim claim) {
        core.space.claims.unclaim(claim.space());
        core.wal.unclaim(claim.walBytes());
    }

    private boolean lockedStep(long offset, long length, Step step, Admission.@Nullable Claim claim)
            throws IOException {
        if (v.deleted) {
            throw new GoneException("volume " + v.id + " was deleted");
        }
        if (!core.rules.rangeLocks()) {
            return step.run(claim);
        }
        RangeLocks.Range range =
                v.ranges.lock(offset >>> layout.grainShift(), layout.grainsOf(offset + length));
        try {
            return step.run(claim);
        } finally {
            v.ranges.unlock(range);
        }
    }

    /** As of now, without a lock: whether a range in bytes could be written where it stands. */
    boolean wouldStay(long offset, long end) throws IOException {
        Guards.Guard guard = core.guards.enter();
        try {
            return inPlace(offset >>> layout.grainShift(), layout.grainsOf(end));
        } finally {
            core.guards.leave(guard);
        }
    }

    /**
     * Shows grains that a copy wrote and synced apart; what is not shown is given back.
     *
     * @param staged the claim that they were taken from
     */
    void publishStaged(long first, SpaceMap.Taken taken, SpaceClaim staged) throws IOException {
        int done = 0;
        try {
            while (done < taken.grains()) {
                long g = first + done;
                long inLeaf = (g | MapNode.SLOT_MASK) + 1 - g;
                int n = (int) Math.min(taken.grains() - done, inLeaf);
                SpaceMap.Taken part = new SpaceMap.Taken(addressOf(taken, done), n);
                Admission.Claim claim = core.admission.claim(v, 0, v.map.nodesFor(n), 1);
                done += n;
                show(g, part, staged, claim);
            }
        } finally {
            if (done < taken.grains()) {
                int left = taken.grains() - done;
                core.space.giveBack(staged, addressOf(taken, done), left);
            }
            core.space.claims.unclaim(staged);
        }
        answered();
    }

    private long addressOf(SpaceMap.Taken taken, int grain) {
        return taken.address() + ((long) grain << layout.grainPageShift());
    }

    private void show(long first, SpaceMap.Taken taken, SpaceClaim staged, Admission.Claim claim)
            throws IOException {
        boolean[] reached = new boolean[1];
        Step step =
                claimed -> {
                    reached[0] = true;
                    v.changes.increment();
                    try {
                        publish(first, taken, staged);
                    } finally {
                        v.changes.increment();
                    }
                    return true;
                };
        try {
            long length = (long) taken.grains() << layout.grainShift();
            enter(first << layout.grainShift(), length, step, claim);
        } finally {
            if (!reached[0]) {
                core.space.giveBack(staged, taken.address(), taken.grains());
            }
        }
    }

    private boolean inPlace(long first, long end) throws IOException {
        int horizon = core.rules.horizon(v);
        for (long g = first; g < end; g++) {
            if (!mayOverwrite(g, horizon)) {
                return false;
            }
        }
        return true;
    }

    /** Rule W3: nothing else may still see the bytes, and no seal vouches for them. */
    private boolean mayOverwrite(long grain, int horizon) throws IOException {
        long slot = v.map.slotYoungerThan(horizon, grain, layout.grainPages());
        return Slot.address(slot) != 0
                && Slot.birth(slot) > horizon
                && !core.pins.pinned(Slot.address(slot));
    }

    private boolean store(
            long offset, ByteBuffer from, Admission.@Nullable Claim claim, @Nullable OwedFiles owed)
            throws IOException {
        long first = offset >>> layout.grainShift();
        long end = layout.grainsOf(offset + from.remaining());
        if (claim == null && !inPlace(first, end)) {
            return false;
        }
        v.changes.increment();
        try {
            int horizon = core.rules.horizon(v);
            long g = first;
            while (g < end) {
                long leafEnd = Math.min(end, (g | MapNode.SLOT_MASK) + 1);
                if (claim == null) {
                    // All of it was found to be in place above, under the same lock.
                    overwrite(g, leafEnd, offset, from, owed);
                    g = leafEnd;
                    continue;
                }
                boolean in = mayOverwrite(g, horizon);
                long runEnd = g + 1;
                while (runEnd < leafEnd && mayOverwrite(runEnd, horizon) == in) {
                    runEnd++;
                }
                if (in) {
                    overwrite(g, runEnd, offset, from, owed);
                } else {
                    redirect(g, runEnd, offset, from, claim.space());
                }
                g = runEnd;
            }
        } finally {
            v.changes.increment();
        }
        return true;
    }

    private void overwrite(
            long first, long end, long offset, ByteBuffer from, @Nullable OwedFiles owed)
            throws IOException {
        long start = Math.max(offset, first << layout.grainShift());
        long stop = Math.min(offset + from.remaining(), end << layout.grainShift());
        ByteBuffer part = part(from, start - offset, stop - start);
        core.reader.overwrite(v.map.root(), start, part, owed);
    }

    private static ByteBuffer part(ByteBuffer from, long skip, long length) {
        return from.slice(from.position() + (int) skip, (int) length);
    }

    /** New grains for grains in one leaf; each run of neighbours on disk is one record. */
    private void redirect(long first, long end, long offset, ByteBuffer from, SpaceClaim claim)
            throws IOException {
        long g = first;
        while (g < end) {
            SpaceMap.Taken taken = core.space.takeGrains(claim, v.open, (int) (end - g));
            if (!core.rules.bytesFirst()) {
                publish(g, taken, claim);
            }
            boolean written = false;
            int[] sums;
            try {
                sums = writeNew(g, taken, offset, from);
                written = true;
            } finally {
                if (!written) {
                    core.space.giveBack(claim, taken.address(), taken.grains());
                }
            }
            if (core.rules.bytesFirst()) {
                publish(g, taken, claim);
            }
            for (int i = 0; i < sums.length; i++) {
                long address = taken.address() + ((long) i << layout.grainPageShift());
                core.seals.written.put(address, sums[i]);
            }
            g += taken.grains();
        }
    }

    private void publish(long g, SpaceMap.Taken taken, SpaceClaim claim) throws IOException {
        Replaced replaced = new Replaced();
        int published = 0;
        try {
            v.map.publish(g, taken.grains(), taken.address(), layout.grainPages(), replaced);
            published = taken.grains();
            core.rules.published();
        } finally {
            if (published == 0) {
                core.space.giveBack(claim, taken.address(), taken.grains());
            }
            // Nodes of the path may have been copied even if the slots were not reached.
            long address = published == 0 ? 0 : taken.address();
            queue(new WalRecord.MapRun(v.serial, g, published, address, v.map.epoch()), replaced);
        }
    }

    void queue(WalRecord record, Replaced replaced) {
        v.queued(core.wal.append(List.of(record), List.of(replaced)));
    }

    /**
     * @return the checksum of each grain, none where the pool keeps none
     */
    int[] writeNew(long g, SpaceMap.Taken taken, long offset, ByteBuffer from) throws IOException {
        long grainStart = g << layout.grainShift();
        long grainEnd = g + taken.grains() << layout.grainShift();
        long start = Math.max(offset, grainStart);
        long stop = Math.min(offset + from.remaining(), grainEnd);
        if (start == grainStart && stop == grainEnd) {
            return writeWhole(taken, part(from, start - offset, stop - start));
        }
        // What the write does not bring of the first and last grain comes from the old ones.
        int length = (int) (grainEnd - grainStart);
        ByteBuffer whole = MERGED.get().clear();
        if (whole.capacity() < length) {
            whole = ByteBuffer.allocateDirect(length);
            MERGED.set(whole);
        }
        whole.limit((int) (start - grainStart));
        core.reader.read(v.map.root(), grainStart, whole, false);
        whole.limit((int) (stop - grainStart)).put(part(from, start - offset, stop - start));
        whole.limit(length);
        core.reader.read(v.map.root(), stop, whole, false);
        return writeWhole(taken, whole.flip());
    }

    private int[] writeWhole(SpaceMap.Taken taken, ByteBuffer content) throws IOException {
        int[] sums = new int[core.checksums ? taken.grains() : 0];
        CRC32C crc = new CRC32C();
        for (int i = 0; i < sums.length; i++) {
            crc.reset();
            crc.update(content.slice(i << layout.grainShift(), layout.grainBytes()));
            sums[i] = (int) crc.getValue();
        }
        core.files.write(taken.address(), 0, content);
        return sums;
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
        ByteBuffer zeroes = ZEROES.slice(0, length);
        locked(
                offset,
                length,
                claim ->
                        Slot.address(v.map.slot(offset >>> layout.grainShift())) == 0
                                || store(offset, zeroes.duplicate(), claim, null));
    }

    private void discardGrains(long first, long end) throws IOException {
        requireWritable();
        core.wal.tryAgain();
        int nodes = 4 * (v.map.root().level + 1);
        Admission.Claim claim = core.admission.claim(v, 0, nodes, 1);
        enter(
                first << layout.grainShift(),
                (end - first) << layout.grainShift(),
                c -> clear(first, end),
                claim);
    }

    boolean clear(long first, long end) throws IOException {
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
        if (core.rules.copiesAreOwedToFlushes()) {
            v.copied.sync(core.files, core.health);
        }
        core.barrier.flush(v.lastLsn());
    }
}
