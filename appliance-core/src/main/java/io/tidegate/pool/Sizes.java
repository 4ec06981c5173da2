package io.tidegate.pool;

import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.SnapshotUsage;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreStatus;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeUsage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the pool, its volumes and its snapshots take. The accounts answer, but for a list that
 * changed its place and was not counted since: it is read then, in short pieces, and while it is
 * read the pool can be administered.
 */
final class Sizes {

    private static final int STEPS = 2048;
    private static final int ROUNDS = 4;

    private final PoolCore core;

    Sizes(PoolCore core) {
        this.core = core;
    }

    StoreStatus ofPool() {
        SpaceMap.Figures f = core.space.figures();
        long host = core.hostFreeBytes();
        int grain = core.layout.grainBytes();
        long nodes = f.nodesUsed() * Layout.PAGE_BYTES;
        return new StoreStatus(
                f.totalSegments() * core.layout.segmentBytes(),
                f.grainsUsed() * grain + nodes,
                free(f, grain, host),
                f.pendingPages() * Layout.PAGE_BYTES,
                f.reserveSegments() * core.layout.segmentBytes(),
                f.promisedGrains() * grain,
                nodes,
                core.shares.sharedGrains() * grain,
                (core.checkpointer.current().features() & Superblock.INCOMPATIBLE_CHECKSUMS) != 0,
                Optional.ofNullable(core.health.readOnlyReason()));
    }

    /** What the pool has, or what has real space and may get it, if that is less. */
    private static long free(SpaceMap.Figures f, int grain, long host) {
        long pool = f.thinGrains() * grain;
        long real = f.realGrains() * grain;
        return host > pool - real ? pool : Math.max(0, real + host);
    }

    SnapshotUsage of(SnapshotId id) throws StoreException {
        long unit = core.layout.grainBytes();
        while (true) {
            core.admin.lock();
            try {
                Snapshot s = new Acts(core).snapshot(id);
                if (core.shares.sharedGrains() > 0) {
                    return new SnapshotUsage(s.mappedGrains * unit, notShared(s) * unit);
                }
                long unique = after(s).unique();
                if (unique != DeadList.UNKNOWN) {
                    return new SnapshotUsage(s.mappedGrains * unit, unique * unit);
                }
            } finally {
                core.admin.unlock();
            }
            count(id);
        }
    }

    /**
     * The accounts go by birth and know nothing of sharing by reference; what is shared would not
     * come back. Where anything is, the list is read.
     */
    private long notShared(Snapshot s) throws StoreException {
        int before = s.volume.epochBefore(s.volume.snapshots.indexOf(s));
        long[] n = new long[1];
        Guards.Guard guard = core.guards.enter();
        try {
            after(s).view().each(0, core.store, e -> n[0] += alone(e, before));
            return n[0];
        } catch (IOException e) {
            throw Failures.store(e, core);
        } finally {
            core.guards.leave(guard);
        }
    }

    private long alone(long entry, int before) throws IOException {
        if (Slot.birth(entry) <= before || Slot.kind(entry) == Slot.NODE) {
            return 0;
        }
        if (Slot.kind(entry) == Slot.GRAIN) {
            return core.shares.refs(Slot.address(entry)) > 0 ? 0 : 1;
        }
        MapNode node = core.store.look(Slot.address(entry), Slot.birth(entry));
        long n = 0;
        for (int i = 0; i < MapNode.SLOTS; i++) {
            long slot = node.slot(i);
            if (Slot.address(slot) != 0) {
                int kind = node.level == 0 ? Slot.GRAIN : Slot.SUBTREE;
                n += alone(Slot.entry(Slot.address(slot), kind, Slot.birth(slot)), before);
            }
        }
        return n;
    }

    VolumeUsage of(VolumeId id) throws StoreException {
        int round = 0;
        while (true) {
            List<SnapshotId> uncounted = new ArrayList<>();
            core.admin.lock();
            try {
                Volume v = new Acts(core).volume(id);
                long kept = kept(v, uncounted);
                if (uncounted.isEmpty() || round++ == ROUNDS) {
                    return usage(v, kept);
                }
            } finally {
                core.admin.unlock();
            }
            for (SnapshotId s : uncounted) {
                countIfThere(s);
            }
        }
    }

    /** What the lists keep for the volume's snapshots; what is not counted yet counts whole. */
    private static long kept(Volume v, List<SnapshotId> uncounted) {
        long kept = 0;
        for (int i = 0; i < v.snapshots.size(); i++) {
            DeadList list = v.listAfter(i);
            long known = list.kept();
            if (known == DeadList.UNKNOWN) {
                uncounted.add(v.snapshots.get(i).id);
                known = list.grains();
            }
            kept += known;
        }
        return kept;
    }

    private VolumeUsage usage(Volume v, long kept) {
        long[] grains = new long[3];
        core.wal.whileQuiet(
                () -> {
                    grains[0] = v.mappedGrains;
                    grains[1] = exclusive(v);
                    grains[2] = core.space.promises.setAsideFor(v.budget);
                });
        long unit = core.layout.grainBytes();
        return new VolumeUsage(
                grains[0] * unit,
                grains[1] * unit,
                (grains[0] - grains[1]) * unit,
                kept * unit,
                grains[2] * unit);
    }

    /**
     * Mapped grains that nothing else shows; the one place to take grains shared by reference off.
     */
    private static long exclusive(Volume v) {
        return v.live.own();
    }

    private static DeadList after(Snapshot s) {
        return s.volume.listAfter(s.volume.snapshots.indexOf(s));
    }

    private void countIfThere(SnapshotId id) throws StoreException {
        try {
            count(id);
        } catch (StoreException e) {
            if (e.kind() != StoreException.Kind.NOT_FOUND) {
                throw e;
            }
            // Deleted meanwhile: it counts no more.
        }
    }

    /** Counts the list after a snapshot. */
    private void count(SnapshotId id) throws StoreException {
        ListCount count = null;
        boolean done = false;
        while (!done) {
            Guards.Guard guard;
            core.admin.lock();
            try {
                DeadList list = after(new Acts(core).snapshot(id));
                if (count == null || count.list != list) {
                    count = new ListCount(list, core.store);
                }
                // What the list holds now stays readable until the guard is left.
                guard = core.guards.enter();
            } finally {
                core.admin.unlock();
            }
            try {
                done = count.piece(STEPS);
            } catch (IOException e) {
                throw Failures.store(e, core);
            } finally {
                core.guards.leave(guard);
            }
        }
    }
}
