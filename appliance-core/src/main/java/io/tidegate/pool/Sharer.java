package io.tidegate.pool;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Copies by reference into one volume: its slots come to point to grains that have an owner
 * already.
 *
 * <pre>
 *  admission | gate | guard | range locks of both sides
 *            | count the new owner | copy the slots | queue SHARE     (for each run of neighbours)
 * </pre>
 *
 * The count goes up first (rule W7), so that from the moment at which two slots show a grain nobody
 * writes it in place. The lock of a live source keeps out those who looked before that (rule W2).
 * Birth is the destination's epoch, so that differences of the destination show the range as
 * written.
 */
final class Sharer {

    /** The longest range of one stay inside the gate. */
    static final int PIECE_GRAINS = 4096;

    /** The most records of one stay inside the gate. */
    private static final int PIECE_RECORDS = 128;

    private final PoolCore core;
    private final Volume v;
    private final VolumeWriter writer;
    private final Layout layout;

    Sharer(PoolCore core, Volume v, VolumeWriter writer) {
        this.core = core;
        this.v = v;
        this.writer = writer;
        this.layout = core.layout;
    }

    private interface Step {
        int run() throws IOException;
    }

    /** As {@link io.tidegate.block.ExtentSharing#share}. */
    long share(ShareSource from, long sourceOffset, long offset, long length) throws IOException {
        long grains = length >>> layout.grainShift();
        boolean overlaps = from.live() == v && Math.abs(sourceOffset - offset) < length;
        if (v.reserved() || from.reserved()) {
            // A shared grain is not written in place: the space for that is not set aside.
            return 0;
        }
        if (((sourceOffset | offset) & (layout.grainBytes() - 1)) != 0 || overlaps) {
            return 0;
        }
        long source = sourceOffset >>> layout.grainShift();
        long to = offset >>> layout.grainShift();
        long done = 0;
        boolean room = true;
        while (done < grains && room) {
            int n =
                    piece(
                            from,
                            source + done,
                            to + done,
                            (int) Math.min(PIECE_GRAINS, grains - done));
            writer.answered();
            done += n;
            room = n > 0;
        }
        return done << layout.grainShift();
    }

    /** Shares some grains; 0 when the table is full. */
    private int piece(ShareSource from, long source, long to, int n) throws IOException {
        writer.requireWritable();
        Admission.Claim claim = core.admission.claim(v, 0, v.map.nodesFor(n), PIECE_RECORDS);
        v.gate.enter();
        try {
            Guards.Guard guard = core.guards.enter();
            try {
                return locked(from, source, to, n);
            } finally {
                core.guards.leave(guard);
            }
        } finally {
            v.gate.leave();
            writer.release(claim);
        }
    }

    /**
     * Two volumes are locked in the order of their ids; of one volume, where pairs of locks could
     * wait for each other, all from the lower range to the higher one.
     */
    private int locked(ShareSource from, long source, long to, int n) throws IOException {
        Step copy = () -> copy(from, source, to, n);
        Volume live = core.rules.sourceRangeLock() ? from.live() : null;
        if (live == null) {
            return inRange(v, to, to + n, copy);
        }
        if (live == v) {
            return inRange(v, Math.min(source, to), Math.max(source, to) + n, copy);
        }
        if (live.id.value().compareTo(v.id.value()) < 0) {
            return inRange(live, source, source + n, () -> inRange(v, to, to + n, copy));
        }
        return inRange(v, to, to + n, () -> inRange(live, source, source + n, copy));
    }

    private static int inRange(Volume volume, long first, long end, Step step) throws IOException {
        RangeLocks.Range range = volume.ranges.lock(first, end);
        try {
            if (volume.deleted) {
                throw new GoneException("volume " + volume.id + " was deleted");
            }
            return step.run();
        } finally {
            volume.ranges.unlock(range);
        }
    }

    private int copy(ShareSource from, long source, long to, int n) throws IOException {
        Volume live = from.live();
        if (live != null && core.rules.copiesAreOwedToSnapshots()) {
            live.copied.mark(core.files);
        }
        Slots slots = new Slots(from.root().get());
        v.changes.increment();
        try {
            int done = 0;
            for (int records = 0; done < n && records < PIECE_RECORDS; records++) {
                long address = slots.address(source + done);
                if (address == 0) {
                    int run = slots.holes(source + done, n - done);
                    writer.clear(to + done, to + done + run);
                    done += run;
                } else {
                    int run =
                            slots.run(
                                    source + done,
                                    address,
                                    mostInARow(address, to + done, n - done));
                    if (!point(to + done, run, address)) {
                        return done;
                    }
                    done += run;
                }
            }
            return done;
        } finally {
            v.changes.increment();
        }
    }

    /** A run stays in one leaf of the destination and in one segment. */
    private int mostInARow(long address, long to, int most) {
        int inLeaf = MapNode.SLOTS - (int) (to & MapNode.SLOT_MASK);
        int inSegment =
                layout.grainsPerSegment()
                        - (layout.pageInSegment(address) >>> layout.grainPageShift());
        return Math.min(most, Math.min(inLeaf, inSegment));
    }

    /** Points slots to shared grains; false when the table is full. */
    private boolean point(long to, int run, long address) throws IOException {
        if (!core.shares.share(address, run)) {
            return false;
        }
        Replaced replaced = new Replaced();
        int published = 0;
        try {
            v.map.publish(to, run, address, layout.grainPages(), replaced);
            published = run;
            core.rules.published();
        } finally {
            if (published == 0) {
                core.shares.unshare(address, run);
            }
            // Nodes of the path may have been copied even if the slots were not reached.
            writer.queue(
                    new WalRecord.Share(v.serial, to, published, address, v.map.epoch()), replaced);
        }
        return true;
    }

    /** Looks grains up in order, a leaf at a time. */
    private final class Slots {
        private final MapNode root;
        private long number = -1;
        private @Nullable MapNode leaf;

        Slots(MapNode root) {
            this.root = root;
        }

        /** 0 where nothing is mapped. */
        long address(long grain) throws IOException {
            if (grain >>> MapNode.SLOT_SHIFT != number) {
                MapNode found = VolumeMap.leaf(core.store, root, grain, false);
                leaf = found == VolumeMap.HOLE ? null : found;
                number = grain >>> MapNode.SLOT_SHIFT;
            }
            MapNode here = leaf;
            return here == null ? 0 : Slot.address(here.slot(here.indexOf(grain)));
        }

        int holes(long grain, int most) throws IOException {
            int n = 1;
            while (n < most && address(grain + n) == 0) {
                n++;
            }
            return n;
        }

        int run(long grain, long address, int most) throws IOException {
            int n = 1;
            while (n < most
                    && address(grain + n) == address + ((long) n << layout.grainPageShift())) {
                n++;
            }
            return n;
        }
    }
}
