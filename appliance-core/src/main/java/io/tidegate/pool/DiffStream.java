package io.tidegate.pool;

import io.tidegate.block.ChangeStream;
import io.tidegate.block.DeviceException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What differs between two maps of one volume, or what is born in one after an epoch. Equal
 * pointers are not followed, so the cost goes with what changed. Leaves and enters its guard
 * between batches.
 */
final class DiffStream implements ChangeStream {

    private static final int BATCH = 256;

    private final PoolCore core;
    private final @Nullable MapNode from;
    private final int sinceEpoch;
    private final MapNode to;
    private final List<Snapshot> held;
    private final String name;
    private final long sizeBytes;
    private final long resumeOffset;
    private final Deque<Change> found = new ArrayDeque<>();
    private long nextGrain;
    private boolean finished;
    private boolean closed;

    /**
     * @param core whose guard is open
     * @param from null for a bookmark
     * @param sinceEpoch of the bookmark
     * @param held snapshots whose open count was raised for this stream
     */
    DiffStream(
            PoolCore core,
            @Nullable Snapshot from,
            int sinceEpoch,
            Snapshot to,
            List<Snapshot> held,
            long resumeOffset)
            throws IOException {
        this.core = core;
        this.from = from == null ? null : raised(core.store.node(from.root), to.root.level());
        this.sinceEpoch = sinceEpoch;
        this.to = core.store.node(to.root);
        this.held = held;
        this.name = "difference up to snapshot " + to.id;
        this.sizeBytes = to.shape.geometry().sizeBytes();
        this.resumeOffset = resumeOffset;
        this.nextGrain = resumeOffset >>> core.layout.grainShift();
    }

    /** A root of an earlier, smaller size under roots of the later one's height. */
    private static MapNode raised(MapNode root, int level) {
        MapNode top = root;
        while (top.level < level) {
            MapNode above = MapNode.empty(0, top.level + 1, top.birth, 0, 0, 0);
            above.kid(0, top, Slot.of(top.address, top.birth));
            top = above;
        }
        return top;
    }

    @Override
    public Optional<Change> next() throws DeviceException {
        if (closed) {
            throw new IllegalStateException("the stream is closed");
        }
        // The last one found may still grow.
        while (!finished && found.size() < 2) {
            fill();
        }
        return Optional.ofNullable(found.poll());
    }

    private void fill() throws DeviceException {
        Guards.Guard guard = core.guards.enter();
        try {
            if (core.closed) {
                throw new GoneException("the pool was closed or reopened");
            }
            finished = walk(from, to, to.level, 0);
        } catch (IOException e) {
            throw Failures.reading(
                    e, name, nextGrain << core.layout.grainShift(), core.layout.grainBytes());
        } finally {
            core.guards.leave(guard);
        }
    }

    /** Walks a pair of nodes from {@code nextGrain} on; false when the batch is full. */
    private boolean walk(@Nullable MapNode a, @Nullable MapNode b, int level, long base)
            throws IOException {
        int shift = level * MapNode.SLOT_SHIFT;
        int first =
                nextGrain <= base ? 0 : (int) Math.min(MapNode.SLOTS, nextGrain - base >>> shift);
        for (int i = first; i < MapNode.SLOTS; i++) {
            long sa = a == null ? 0 : a.slot(i);
            long sb = b == null ? 0 : b.slot(i);
            long at = base + ((long) i << shift);
            if (!differs(sa, sb)) {
                continue;
            }
            if (level == 0 || from == null && Slot.address(sb) == 0) {
                add(at, 1L << shift, Slot.address(sb) != 0);
            } else if (!walk(child(a, i, sa), child(b, i, sb), level - 1, at)) {
                return false;
            }
            nextGrain = at + (1L << shift);
            if (found.size() >= BATCH) {
                return false;
            }
        }
        return true;
    }

    private boolean differs(long sa, long sb) {
        if (from == null) {
            return Slot.birth(sb) > sinceEpoch;
        }
        return sa != sb && (Slot.address(sa) != 0 || Slot.address(sb) != 0);
    }

    private @Nullable MapNode child(@Nullable MapNode node, int i, long slot) throws IOException {
        return node == null || Slot.address(slot) == 0
                ? null
                : VolumeMap.child(core.store, node, i, slot);
    }

    private void add(long grain, long grains, boolean written) {
        long start = Math.max(resumeOffset, grain << core.layout.grainShift());
        long end = Math.min(sizeBytes, grain + grains << core.layout.grainShift());
        if (end <= start) {
            return;
        }
        Kind kind = written ? Kind.WRITTEN : Kind.DISCARDED;
        Change last = found.peekLast();
        if (last != null && last.kind() == kind && last.end() == start) {
            found.removeLast();
            start = last.offset();
        }
        found.addLast(new Change(start, end - start, kind));
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            held.forEach(s -> s.opens.decrementAndGet());
        }
    }
}
