package io.tidegate.pool;

import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeId;
import org.jspecify.annotations.Nullable;

/**
 * Whether a record of the log can be meant for the state that a replay has reached. A record with a
 * good CRC that fits nothing is damage; applied, it would change what it was never about.
 */
final class RecordCheck {

    private final PoolState state;
    private final SpaceMap space;
    private final Layout layout;

    RecordCheck(PoolState state, SpaceMap space, Layout layout) {
        this.state = state;
        this.space = space;
        this.layout = layout;
    }

    /** Whether the grains of a run can stand where it says, whatever the state. */
    void address(long lsn, WalRecord r, long address, int count) throws DamageException {
        long last = address + (long) count * layout.grainPages() - 1;
        boolean good =
                layout.contains(address)
                        && layout.contains(last)
                        && layout.segmentOf(address) == layout.segmentOf(last)
                        && layout.segmentOf(address) > 0
                        && layout.pageInSegment(address) % layout.grainPages() == 0;
        if (!good) {
            throw damage(lsn, r, "page " + address + " holds no such grains");
        }
    }

    void fits(long lsn, WalRecord r) throws DamageException {
        String problem = problem(r);
        if (problem != null) {
            throw damage(lsn, r, problem);
        }
    }

    static DamageException damage(long lsn, WalRecord r, @Nullable String problem) {
        return new DamageException(
                Recovery.WAL
                        + ": record "
                        + lsn
                        + " ("
                        + r.getClass().getSimpleName()
                        + ") cannot take effect: "
                        + problem);
    }

    private @Nullable String problem(WalRecord r) {
        return switch (r) {
            case WalRecord.MapRun m -> run(m.volume(), m.grain(), m.count(), m.epoch());
            case WalRecord.Share m -> share(m);
            case WalRecord.Discard d -> discard(d);
            case WalRecord.Snap s -> snap(s);
            case WalRecord.SnapDelete s -> deletable(s.id());
            case WalRecord.MakeBookmark b ->
                    state.bookmarks.containsKey(b.id()) ? "it exists" : deletable(b.snapshot());
            case WalRecord.BookmarkDelete b ->
                    state.bookmarks.containsKey(b.id()) ? null : "there is no such bookmark";
            case WalRecord.Clone c ->
                    state.snapshots.containsKey(c.snapshot())
                            ? unused(c.volume(), c.id())
                            : "there is no snapshot " + c.snapshot();
            case WalRecord.Promote p -> clone(p.volume());
            case WalRecord.Resize s -> larger(s);
            case WalRecord.VolumeNew n -> unused(n.volume(), n.id());
            case WalRecord.VolumeDelete d -> deletable(d.volume());
            case WalRecord.Hold h -> present(h.id());
            case WalRecord.Release h -> present(h.id());
            case WalRecord.Nothing n -> null;
        };
    }

    private @Nullable String volume(int serial) {
        return state.bySerial.containsKey(serial) ? null : "no volume has the serial " + serial;
    }

    private @Nullable String run(int volume, long grain, int count, int epoch) {
        Volume v = state.bySerial.get(volume);
        if (v == null || count == 0) {
            return volume(volume);
        }
        long first = grain & MapNode.SLOT_MASK;
        if (first + count > MapNode.SLOTS) {
            return "its grains lie in more than one leaf";
        }
        return range(v, grain, count, epoch);
    }

    /**
     * A replay frees no grain before the run did, so what was shared in the run is in use here. A
     * grain that is not would be shown by a volume and be handed out to another.
     */
    private @Nullable String share(WalRecord.Share r) {
        String problem = run(r.volume(), r.grain(), r.count(), r.epoch());
        for (int i = 0; i < r.count() && problem == null; i++) {
            long address = r.address() + ((long) i << layout.grainPageShift());
            if (!space.isUsed(address, SpaceMap.DATA)) {
                problem = "page " + address + " is shared, but not in use";
            }
        }
        return problem;
    }

    private @Nullable String discard(WalRecord.Discard r) {
        Volume v = state.bySerial.get(r.volume());
        return v == null ? volume(r.volume()) : range(v, r.grain(), r.count(), r.epoch());
    }

    private @Nullable String range(Volume v, long grain, long count, int epoch) {
        long grains = layout.grainsOf(v.shape.geometry().sizeBytes());
        if (grain < 0 || count < 0 || grain > grains || count > grains - grain) {
            return "the volume ends at grain " + grains;
        }
        return epoch == v.map.epoch() ? null : "the volume's epoch is " + v.map.epoch();
    }

    private @Nullable String snap(WalRecord.Snap r) {
        Volume v = state.bySerial.get(r.volume());
        if (v == null) {
            return volume(r.volume());
        }
        if (r.epoch() >= Slot.MAX_EPOCH - 1 || r.epoch() != v.map.epoch()) {
            return "the volume's epoch is " + v.map.epoch();
        }
        return state.snapshots.containsKey(r.id()) ? "snapshot " + r.id() + " exists" : null;
    }

    private @Nullable String present(SnapshotId id) {
        return state.snapshots.containsKey(id) ? null : "there is no snapshot " + id;
    }

    private @Nullable String deletable(SnapshotId id) {
        Snapshot s = state.snapshots.get(id);
        return s == null || s.clones == 0 ? present(id) : "snapshot " + id + " has clones";
    }

    private @Nullable String deletable(int serial) {
        Volume v = state.bySerial.get(serial);
        boolean cloned = v != null && v.snapshots.stream().anyMatch(s -> s.clones > 0);
        return cloned ? "a snapshot of it has clones" : volume(serial);
    }

    private @Nullable String unused(int serial, VolumeId id) {
        boolean used =
                serial <= 0 || state.bySerial.containsKey(serial) || state.volumes.containsKey(id);
        return used ? "volume " + id + " or its serial " + serial + " exists" : null;
    }

    private @Nullable String clone(int serial) {
        Volume v = state.bySerial.get(serial);
        return v != null && v.origin == null ? "the volume is no clone" : volume(serial);
    }

    private @Nullable String larger(WalRecord.Resize r) {
        Volume v = state.bySerial.get(r.volume());
        return v != null && r.sizeBytes() < v.shape.geometry().sizeBytes()
                ? "a volume cannot shrink"
                : volume(r.volume());
    }
}
