package io.tidegate.pool;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.collections.impl.list.mutable.primitive.LongArrayList;
import org.eclipse.collections.impl.map.mutable.primitive.LongLongHashMap;
import org.eclipse.collections.impl.set.mutable.primitive.LongHashSet;
import org.jspecify.annotations.Nullable;

/**
 * Which volumes and snapshots show some grains, and where: a walk over all maps, done only when
 * damage was found. From one point in time of a volume to the next only what was born in between is
 * walked. Holds no snapshot; one that is deleted meanwhile is left out.
 */
final class Whereabouts {

    private static final int MOST_PLACES = 8;
    private static final int GRAINS_A_PIECE = 4096;

    private final PoolCore core;
    private final LongHashSet wanted = new LongHashSet();
    private final Map<Long, List<String>> places = new LinkedHashMap<>();

    private Whereabouts(PoolCore core, LongArrayList addresses) {
        this.core = core;
        addresses.forEach(
                a -> {
                    wanted.add(a);
                    places.put(a, new ArrayList<>());
                });
    }

    /** For each address the places in words. */
    static Map<Long, List<String>> of(PoolCore core, LongArrayList addresses) {
        Whereabouts w = new Whereabouts(core, addresses);
        Map<Volume, List<Snapshot>> all = new LinkedHashMap<>();
        core.admin.lock();
        try {
            core.state.bySerial.values().forEach(v -> all.put(v, List.copyOf(v.snapshots)));
        } finally {
            core.admin.unlock();
        }
        for (Map.Entry<Volume, List<Snapshot>> e : all.entrySet()) {
            try {
                w.volume(e.getKey(), e.getValue());
            } catch (IOException broken) {
                String text =
                        "perhaps volume "
                                + e.getKey().id
                                + ", whose map cannot be read ("
                                + broken.getMessage()
                                + ")";
                w.places.values().forEach(of -> of.add(text));
            }
        }
        return w.places;
    }

    private void volume(Volume v, List<Snapshot> snapshots) throws IOException {
        LongLongHashMap shown = new LongLongHashMap();
        int walked = 0;
        for (Snapshot s : snapshots) {
            if (show(
                    () -> core.state.snapshots.get(s.id) == s ? core.store.node(s.root) : null,
                    walked,
                    shown)) {
                walked = s.epoch;
                name(shown, "snapshot " + s.id);
            }
        }
        if (show(() -> v.deleted ? null : v.map.root(), walked, shown)) {
            name(shown, "volume " + v.id);
        }
    }

    /** The root of a point in time; null when it is gone. */
    private interface Top {
        @Nullable MapNode get() throws IOException;
    }

    /**
     * Goes from one point in time to the next.
     *
     * @param root null when it is gone; asked inside each guard
     * @param walked epoch of the point that {@code shown} is of
     * @param shown by grain of the map, the wanted address there
     */
    private boolean show(Top root, int walked, LongLongHashMap shown) throws IOException {
        if (!still(root, shown)) {
            return false;
        }
        long next = 0;
        boolean end = false;
        while (!end) {
            Guards.Guard guard = core.guards.enter();
            try {
                MapNode top = core.closed ? null : root.get();
                if (top == null) {
                    return false;
                }
                SealWalk walk = new SealWalk(core.store, walked, next, GRAINS_A_PIECE);
                end = walk.run(top);
                next = walk.nextGrain();
                for (int i = 0; i < walk.found.size(); i++) {
                    if (wanted.contains(walk.found.get(i))) {
                        shown.put(walk.grains.get(i), walk.found.get(i));
                    }
                }
            } finally {
                core.guards.leave(guard);
            }
        }
        return true;
    }

    /** Drops what this point does not show any more. */
    private boolean still(Top root, LongLongHashMap shown) throws IOException {
        Guards.Guard guard = core.guards.enter();
        try {
            MapNode top = core.closed ? null : root.get();
            if (top == null) {
                return false;
            }
            for (long grain : shown.keySet().toArray()) {
                MapNode leaf = VolumeMap.leaf(core.store, top, grain, false);
                long slot =
                        leaf == null || leaf == VolumeMap.HOLE ? 0 : leaf.slot(leaf.indexOf(grain));
                if (Slot.address(slot) != shown.get(grain)) {
                    shown.remove(grain);
                }
            }
            return true;
        } finally {
            core.guards.leave(guard);
        }
    }

    private void name(LongLongHashMap shown, String what) {
        shown.forEachKeyValue(
                (grain, address) -> {
                    List<String> of = places.get(address);
                    if (of != null && of.size() <= MOST_PLACES) {
                        long offset = grain << core.layout.grainShift();
                        of.add(of.size() == MOST_PLACES ? "and more" : what + " at byte " + offset);
                    }
                });
    }
}
