package io.tidegate.pool;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.collections.impl.map.mutable.primitive.LongIntHashMap;
import org.eclipse.collections.impl.set.mutable.primitive.LongHashSet;

/**
 * Counts who owns each grain and node, while nothing changes. A volume owns what its live map holds
 * and what its lists hold, as far as it was born after its origin; an unfinished walk owns what it
 * has not reached. Each unit in use has one owner, each unit with an owner is in use, and what a
 * snapshot shows has an owner.
 */
final class Ownership {

    private static final int MOST_PROBLEMS = 100;

    private final SpaceMap space;
    private final NodeStore store;
    private final PoolState state;
    private final List<String> problems = new ArrayList<>();
    private final LongIntHashMap grains = new LongIntHashMap();
    private final LongIntHashMap nodes = new LongIntHashMap();

    Ownership(SpaceMap space, NodeStore store, PoolState state) {
        this.space = space;
        this.store = store;
        this.state = state;
    }

    PoolCheckReport count(CheckpointImage.Places places) throws IOException {
        for (Volume v : state.bySerial.values()) {
            volume(v);
        }
        for (WalkJob job : state.jobs) {
            job(job);
        }
        for (DeadList list : DirectoryCodec.lists(state)) {
            list.pages().forEach(page -> page(page, "dead-list " + list.id));
        }
        places.directoryPages().forEach(page -> page(page, "volume directory"));
        places.indexPages().forEach(page -> page(page, "free map's index"));
        places.sharePages().forEach(page -> page(page, "share table"));
        for (long page : places.spaceAt()) {
            page(page, "free map");
        }
        for (Volume v : state.bySerial.values()) {
            for (Snapshot s : v.snapshots) {
                shown(s);
            }
        }
        compare();
        new AccountCheck(state, store, space.promises, this::problem).run();
        return new PoolCheckReport(
                state.bySerial.size(),
                state.snapshots.size(),
                grains.size(),
                nodes.size(),
                problems);
    }

    private void problem(String text) {
        if (problems.size() < MOST_PROBLEMS) {
            problems.add(text);
        }
    }

    private void page(long page, String what) {
        own(nodes, page, what);
    }

    private void own(LongIntHashMap owners, long address, String what) {
        int n = owners.addToValue(address, 1);
        if (n > 1) {
            problem("page " + address + " has " + n + " owners, the last is " + what);
        }
    }

    private void volume(Volume v) throws IOException {
        MapNode root = v.map.root();
        int after = v.originEpoch();
        long mapped = tree(root, after, "volume " + v.id);
        if (mapped != v.mappedGrains) {
            problem("volume " + v.id + " maps " + mapped + ", its account " + v.mappedGrains);
        }
        for (Snapshot s : v.snapshots) {
            list(s.list, 0, after, "list of snapshot " + s.id);
        }
        list(v.headList, 0, after, "head list of volume " + v.id);
    }

    /** Owns what is born after an epoch; counts all. */
    private long tree(MapNode node, int after, String what) throws IOException {
        if (node.birth > after) {
            own(nodes, node.address, what);
        }
        long mapped = 0;
        for (int i = 0; i < MapNode.SLOTS; i++) {
            long slot = node.slot(i);
            if (Slot.address(slot) == 0) {
                continue;
            }
            if (node.level > 0) {
                mapped += tree(VolumeMap.child(store, node, i, slot), after, what);
            } else {
                mapped++;
                if (Slot.birth(slot) > after) {
                    own(grains, Slot.address(slot), what);
                }
            }
        }
        return mapped;
    }

    private void list(DeadList list, long from, int after, String what) throws IOException {
        long counted = 0;
        long index = from;
        for (long e = list.entry(index, store); e != -1; e = list.entry(++index, store)) {
            counted += entry(e, after, what);
        }
        if (from == 0 && counted != list.grains()) {
            problem(what + " holds " + counted + " grains, its account says " + list.grains());
        }
    }

    private long entry(long e, int after, String what) throws IOException {
        switch (Slot.kind(e)) {
            case Slot.GRAIN -> {
                if (Slot.birth(e) > after) {
                    own(grains, Slot.address(e), what);
                }
                return 1;
            }
            case Slot.NODE -> {
                if (Slot.birth(e) > after) {
                    own(nodes, Slot.address(e), what);
                }
                return 0;
            }
            default -> {
                return tree(store.loadAny(Slot.address(e), Slot.birth(e)), after, what);
            }
        }
    }

    private void job(WalkJob job) throws IOException {
        DeadList target = job.target;
        int after = target == null ? job.threshold : originEpochOf(target);
        long from = job.cursor;
        for (DeadList source : job.sources) {
            long index = from;
            for (long e = source.entry(index, store); e != -1; e = source.entry(++index, store)) {
                entry(e, after, "a deletion under way");
            }
            from = 0;
        }
    }

    /** The origin of the volume in whose lists an entry ends. */
    private int originEpochOf(DeadList list) {
        for (Volume v : state.bySerial.values()) {
            if (v.headList == list || v.snapshots.stream().anyMatch(s -> s.list == list)) {
                return v.originEpoch();
            }
        }
        for (WalkJob job : state.jobs) {
            if (job.sources.contains(list)) {
                DeadList next = job.target;
                return next == null ? job.threshold : originEpochOf(next);
            }
        }
        problem("dead-list " + list.id + " belongs to nothing");
        return 0;
    }

    private void shown(Snapshot s) throws IOException {
        LongHashSet seen = new LongHashSet();
        shown(s.root, "snapshot " + s.id, seen);
    }

    private void shown(MapNode node, String what, LongHashSet seen) throws IOException {
        if (!seen.add(node.address)) {
            return;
        }
        if (!nodes.containsKey(node.address)) {
            problem(what + " shows the node at page " + node.address + ", which nobody owns");
        }
        for (int i = 0; i < MapNode.SLOTS; i++) {
            long slot = node.slot(i);
            if (Slot.address(slot) == 0) {
                continue;
            }
            if (node.level > 0) {
                shown(VolumeMap.child(store, node, i, slot), what, seen);
            } else if (!grains.containsKey(Slot.address(slot))) {
                problem(what + " shows page " + Slot.address(slot) + ", which nobody owns");
            }
        }
    }

    private void compare() {
        grains.forEachKey(
                a -> {
                    if (!space.isUsed(a, SpaceMap.DATA)) {
                        problem("grain at page " + a + " has an owner but is free");
                    }
                });
        nodes.forEachKey(
                a -> {
                    if (!space.isUsed(a, SpaceMap.NODE)) {
                        problem("node at page " + a + " has an owner but is free");
                    }
                });
        SpaceMap.Figures f = space.figures();
        if (f.grainsUsed() != grains.size()) {
            problem(f.grainsUsed() + " grains are in use, " + grains.size() + " have an owner");
        }
        if (f.nodesUsed() != nodes.size()) {
            problem(f.nodesUsed() + " nodes are in use, " + nodes.size() + " have an owner");
        }
    }
}
