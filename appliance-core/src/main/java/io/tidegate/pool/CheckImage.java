package io.tidegate.pool;

import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.collections.impl.list.mutable.primitive.LongArrayList;

/**
 * Everything that a check looks at, as of one instant. It is taken while nothing changes and read
 * afterwards while the pool is in use: nodes of then are never changed again, and pages that are
 * freed meanwhile keep their content for as long as the checker's guard is open.
 */
final class CheckImage {

    /** What is accounted of a live map by birth, see {@link LiveGrains}. */
    record LiveView(int baseEpoch, long base, long own, boolean reserved, long budgetOwn) {}

    /** A volume with its live map, which was frozen. */
    record VolumeView(
            VolumeId id,
            MapNode root,
            int originEpoch,
            long mappedGrains,
            LiveView live,
            List<SnapshotView> snapshots,
            DeadListView head) {}

    /** A snapshot with the list of what died before it. */
    record SnapshotView(SnapshotId id, NodeRef root, int epoch, long live, DeadListView list) {}

    /**
     * A deletion under way.
     *
     * @param cursor position in the first source; what lies before it is done
     * @param after what was born at or before this epoch belongs to somebody else
     */
    record JobView(List<DeadListView> sources, long cursor, int after) {}

    /** A page that is in use for something other than a map node. */
    record Page(long address, String what) {}

    final List<VolumeView> volumes = new ArrayList<>();
    final List<JobView> jobs = new ArrayList<>();
    final List<Page> pages = new ArrayList<>();
    final List<String> problems = new ArrayList<>();
    final UsedUnits used;
    final ShareTable shares;
    final int snapshots;

    private final Map<Long, DeadListView> lists = new HashMap<>();

    /**
     * @param shareTable of the pool
     * @param places where the last checkpoint put what it writes as a whole
     */
    CheckImage(
            SpaceMap space, PoolState state, ShareTable shareTable, CheckpointImage.Places places) {
        for (DeadList list : DirectoryCodec.lists(state)) {
            lists.put(list.id, list.view());
            pages(list.pages(), "dead-list " + list.id);
        }
        for (Volume v : state.bySerial.values()) {
            volumes.add(volume(v));
        }
        promised(space.promises, state);
        for (WalkJob job : state.jobs) {
            List<DeadListView> sources = new ArrayList<>();
            job.sources.forEach(l -> sources.add(view(l)));
            DeadList target = job.target;
            int after = target == null ? job.threshold : originEpochOf(state, target);
            jobs.add(new JobView(sources, job.cursor, after));
        }
        pages(places.directoryPages(), "volume directory");
        pages(places.indexPages(), "free map's index");
        pages(places.sharePages(), "share table");
        pages(LongArrayList.newListWith(places.spaceAt()), "free map");
        pages(space.seals.pages(), "checksums");
        used = space.used();
        shares = shareTable.frozen();
        checkedAndFree(space.seals);
        snapshots = state.snapshots.size();
    }

    private void pages(LongArrayList addresses, String what) {
        addresses.forEach(
                a -> {
                    if (a != 0) { // a page of segments that nobody used yet does not exist
                        pages.add(new Page(a, what));
                    }
                });
    }

    private void promised(Promises promises, PoolState state) {
        long setAside = 0;
        for (Volume v : state.bySerial.values()) {
            setAside += promises.setAsideFor(v.budget);
        }
        if (setAside != promises.setAside()) {
            problems.add(
                    "reserved volumes are promised "
                            + setAside
                            + " grains, their account says "
                            + promises.setAside());
        }
    }

    private void checkedAndFree(Seals seals) {
        for (int s = 0; s < used.segments(); s++) {
            int wrong = seals.checkedOutside(s, used.grainBits(s));
            if (wrong >= 0) {
                problems.add("page " + used.addressOf(s, wrong) + " is checked, but free");
            }
        }
    }

    private DeadListView view(DeadList list) {
        DeadListView view = lists.get(list.id);
        if (view == null) {
            throw new IllegalStateException("dead-list " + list.id + " belongs to nothing");
        }
        return view;
    }

    private VolumeView volume(Volume v) {
        List<SnapshotView> views = new ArrayList<>();
        for (Snapshot s : v.snapshots) {
            views.add(new SnapshotView(s.id, s.root, s.epoch, s.live, view(s.list)));
        }
        LiveView live =
                new LiveView(
                        v.live.baseEpoch(),
                        v.live.base(),
                        v.live.own(),
                        v.reserved(),
                        v.budget.own);
        return new VolumeView(
                v.id, v.map.root(), v.originEpoch(), v.mappedGrains, live, views, view(v.headList));
    }

    /** The origin of the volume in whose lists an entry ends. */
    private int originEpochOf(PoolState state, DeadList list) {
        for (Volume v : state.bySerial.values()) {
            if (v.headList == list || v.snapshots.stream().anyMatch(s -> s.list == list)) {
                return v.originEpoch();
            }
        }
        for (WalkJob job : state.jobs) {
            if (job.sources.contains(list)) {
                DeadList next = job.target;
                return next == null ? job.threshold : originEpochOf(state, next);
            }
        }
        problems.add("dead-list " + list.id + " belongs to nothing");
        return 0;
    }
}
