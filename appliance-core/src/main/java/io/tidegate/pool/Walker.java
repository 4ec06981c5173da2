package io.tidegate.pool;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Works off what deletions leave, a slice at a time; a checkpoint's cut falls between slices. */
final class Walker {

    private static final long SLICE_NANOS = 5_000_000;

    private final PoolCore core;

    Walker(PoolCore core) {
        this.core = core;
    }

    /** Whether there was anything to do. */
    boolean slice() throws IOException {
        core.slices.lock();
        try {
            WalkJob job = core.state.jobs.peekFirst();
            if (job == null || !core.health.writable()) {
                return false;
            }
            core.checkpointer.dirtied();
            long end = System.nanoTime() + SLICE_NANOS;
            while (!job.sources.isEmpty() && System.nanoTime() < end) {
                step(job);
            }
            if (job.sources.isEmpty()) {
                core.state.jobs.removeFirst();
            }
            return true;
        } finally {
            core.slices.unlock();
        }
    }

    private void step(WalkJob job) throws IOException {
        DeadList source = job.sources.get(0);
        long entry = source.entry(job.cursor);
        if (entry == -1) {
            source.pages().forEach(core.disposal::node);
            job.sources.remove(0);
            job.cursor = 0;
            return;
        }
        if (Slot.birth(entry) <= job.threshold) {
            keep(job, entry);
        } else if (Slot.kind(entry) == Slot.SUBTREE) {
            open(job, source, core.store.loadAny(Slot.address(entry), Slot.birth(entry)));
        } else if (Slot.kind(entry) == Slot.GRAIN) {
            core.disposal.grainByWalk(Slot.address(entry));
        } else {
            core.disposal.node(Slot.address(entry));
        }
        job.cursor++;
    }

    private void keep(WalkJob job, long entry) throws IOException {
        Births below = below(job, entry);
        DeadList target = job.target;
        if (target != null) {
            target.tail();
            add(target, entry, below);
        }
    }

    private static void add(DeadList target, long entry, @Nullable Births below)
            throws IOException {
        target.add(entry);
        if (below != null) {
            target.addBelow(below);
        }
    }

    private static long entryOf(MapNode node, long slot) {
        int kind = node.level == 0 ? Slot.GRAIN : Slot.SUBTREE;
        return Slot.entry(Slot.address(slot), kind, Slot.birth(slot));
    }

    /** What lies under an entry that is kept; null where that is nothing. */
    private @Nullable Births below(WalkJob job, long entry) throws IOException {
        return job.target == null || Slot.kind(entry) != Slot.SUBTREE
                ? null
                : Births.under(
                        core.store, core.store.loadAny(Slot.address(entry), Slot.birth(entry)));
    }

    /**
     * A subtree becomes the entries of its slots, one level at a time. What has to be read for that
     * is read first: a read that fails must leave the entry as it was, to be opened again.
     */
    private void open(WalkJob job, DeadList source, MapNode node) throws IOException {
        @Nullable Births[] kept = new Births[MapNode.SLOTS];
        for (int i = 0; i < MapNode.SLOTS; i++) {
            long slot = node.slot(i);
            if (Slot.address(slot) != 0 && Slot.birth(slot) <= job.threshold) {
                kept[i] = below(job, entryOf(node, slot));
            }
        }
        source.tail();
        DeadList target = job.target;
        if (target != null) {
            target.tail();
        }
        for (int i = 0; i < MapNode.SLOTS; i++) {
            long slot = node.slot(i);
            if (Slot.address(slot) == 0) {
                continue;
            }
            long entry = entryOf(node, slot);
            if (Slot.birth(entry) <= job.threshold) {
                if (target != null) {
                    add(target, entry, kept[i]);
                }
            } else if (Slot.kind(entry) == Slot.GRAIN) {
                core.disposal.grainByWalk(Slot.address(entry));
            } else {
                source.add(entry);
            }
        }
        core.disposal.node(node.address);
    }
}
