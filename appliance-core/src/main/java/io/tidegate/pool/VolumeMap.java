package io.tidegate.pool;

import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The live map of a volume: a radix tree that is changed by copying the path. Readers take the root
 * and walk; writers hold the tree lock for the change of slots only, never during a transfer.
 */
final class VolumeMap {

    /** Stands for a leaf where nothing is mapped. */
    static final MapNode HOLE = MapNode.empty(0, 0, 0, 0, 0, 0);

    private final NodeStore store;
    private final int serial;
    private final ReentrantLock tree = new ReentrantLock();
    private volatile MapNode root;

    /**
     * Nodes with this stamp may be changed; set anew at each snapshot and each checkpoint's cut.
     */
    private long stamp;

    private int epoch;

    VolumeMap(NodeStore store, int serial, MapNode root, long stamp, int epoch) {
        this.store = store;
        this.serial = serial;
        this.root = root;
        this.stamp = stamp;
        this.epoch = epoch;
    }

    MapNode root() {
        return root;
    }

    int epoch() {
        return epoch;
    }

    /** From now on every present node is copied before it is changed. Only while drained. */
    void freeze(long newStamp, int newEpoch) {
        tree.lock();
        try {
            stamp = newStamp;
            epoch = newEpoch;
        } finally {
            tree.unlock();
        }
    }

    /** Another root takes the place of this one: promotion. Only while drained. */
    void replaceRoot(MapNode other) {
        root = other;
    }

    // Looking up --------------------------------------------------------------------------------

    /**
     * The leaf that holds a grain.
     *
     * @return {@link #HOLE} where nothing is mapped; null when a node is not in memory and {@code
     *     cachedOnly}
     */
    static @Nullable MapNode leaf(NodeStore store, MapNode root, long grain, boolean cachedOnly)
            throws IOException {
        MapNode node = root;
        if (grain >>> node.slotGrainShift() >= MapNode.SLOTS) {
            return HOLE;
        }
        while (node.level > 0) {
            int i = node.indexOf(grain);
            long slot = node.slot(i);
            if (Slot.address(slot) == 0) {
                return HOLE;
            }
            MapNode kid = node.kid(i, slot);
            if (kid == null) {
                kid = cachedOnly ? store.cached(Slot.address(slot)) : load(store, node, i, slot);
                if (kid == null) {
                    return null;
                }
            }
            node = kid;
        }
        return node;
    }

    static MapNode child(NodeStore store, MapNode node, int index, long slot) throws IOException {
        MapNode kid = node.kid(index, slot);
        return kid != null ? kid : load(store, node, index, slot);
    }

    private static MapNode load(NodeStore store, MapNode node, int i, long slot)
            throws IOException {
        MapNode kid = store.load(Slot.address(slot), node.level - 1, Slot.birth(slot));
        node.offerKid(i, kid);
        return kid;
    }

    /** The slot of a grain: 0 or cleared where nothing is mapped. Loads nodes. */
    long slot(long grain) throws IOException {
        MapNode leaf = leaf(store, root, grain, false);
        return leaf == null || leaf == HOLE ? 0 : leaf.slot(leaf.indexOf(grain));
    }

    /**
     * As {@link #slot}, perhaps with an older birth that is still later than an epoch: what a write
     * in place has to know.
     */
    long slotYoungerThan(int horizon, long grain, int grainPages) throws IOException {
        MapNode leaf = leaf(store, root, grain, false);
        return leaf == null || leaf == HOLE
                ? 0
                : leaf.slotYoungerThan(horizon, leaf.indexOf(grain), grainPages);
    }

    // Changing ----------------------------------------------------------------------------------

    /** The most nodes that a change of so many grains in a row may copy or make. */
    int nodesFor(int grains) {
        int levels = root.level + 1;
        return levels * 2 + grains / MapNode.SLOTS;
    }

    /** Points grains in a row to units in a row. All grains lie in one leaf. */
    void publish(long grain, int count, long address, int grainPages, Replaced out)
            throws IOException {
        tree.lock();
        try {
            MapNode leaf = ownLeaf(grain, out);
            int first = leaf.indexOf(grain);
            for (int i = 0; i < count; i++) {
                long old = leaf.slot(first + i);
                leaf.slot(first + i, Slot.of(address + (long) i * grainPages, epoch));
                if (Slot.address(old) != 0) {
                    out.grain(old);
                }
            }
            if (first + count == MapNode.SLOTS) {
                leaf.summarize(grainPages); // a volume that is filled in order
            }
        } finally {
            tree.unlock();
        }
    }

    private MapNode ownLeaf(long grain, Replaced out) throws IOException {
        MapNode node = own(root, out);
        root = node;
        while (node.level > 0) {
            node = ownChild(node, node.indexOf(grain), out);
        }
        return node;
    }

    private MapNode ownChild(MapNode node, int i, Replaced out) throws IOException {
        long slot = node.slot(i);
        MapNode kid;
        if (Slot.address(slot) == 0) {
            long cleared = Slot.of(0, Slot.birth(slot));
            kid = MapNode.empty(store.take(), node.level - 1, epoch, stamp, serial, cleared);
            store.made(kid);
        } else {
            MapNode present = child(store, node, i, slot);
            kid = own(present, out);
            if (kid == present) {
                return kid;
            }
        }
        node.kid(i, kid, Slot.of(kid.address, kid.birth));
        return kid;
    }

    private MapNode own(MapNode node, Replaced out) throws IOException {
        if (node.stamp == stamp) {
            return node;
        }
        MapNode copy = node.copy(store.take(), epoch, stamp, serial);
        store.made(copy);
        out.node(node);
        return copy;
    }

    /**
     * Unmaps a range.
     *
     * @param frozen epoch of the newest snapshot (or origin): what was born later goes with the
     *     subtree, what was not stays for the snapshots as one entry
     * @param out also says how far it got, when a node cannot be read or made on the way
     */
    void discard(long first, long end, int frozen, Replaced out) throws IOException {
        tree.lock();
        try {
            if (anyMapped(root, 0, first, end)) {
                MapNode top = own(root, out);
                root = top;
                clear(top, 0, first, end, frozen, out);
            }
            out.doneUntil = end;
        } finally {
            tree.unlock();
        }
    }

    private boolean anyMapped(MapNode node, long base, long first, long end) throws IOException {
        long span = 1L << node.slotGrainShift();
        for (int i = slotFrom(node, base, first); i < slotEnd(node, base, end); i++) {
            long slot = node.slot(i);
            if (Slot.address(slot) == 0) {
                continue;
            }
            long at = base + i * span;
            if (node.level == 0
                    || (first <= at && at + span <= end)
                    || anyMapped(child(store, node, i, slot), at, first, end)) {
                return true;
            }
        }
        return false;
    }

    private static int slotFrom(MapNode node, long base, long first) {
        return first <= base
                ? 0
                : (int) Math.min(MapNode.SLOTS, first - base >>> node.slotGrainShift());
    }

    private static int slotEnd(MapNode node, long base, long end) {
        long span = 1L << node.slotGrainShift();
        return (int) Math.min(MapNode.SLOTS, end - base + span - 1 >>> node.slotGrainShift());
    }

    private void clear(MapNode node, long base, long first, long end, int frozen, Replaced out)
            throws IOException {
        long span = 1L << node.slotGrainShift();
        for (int i = slotFrom(node, base, first); i < slotEnd(node, base, end); i++) {
            long slot = node.slot(i);
            if (Slot.address(slot) == 0) {
                continue;
            }
            long at = base + i * span;
            if (node.level == 0) {
                node.slot(i, Slot.of(0, epoch));
                out.grain(slot);
            } else if (first <= at && at + span <= end) {
                MapNode kid = child(store, node, i, slot);
                Replaced below = new Replaced();
                drop(kid, slot, frozen, below);
                node.kid(i, null, Slot.of(0, epoch));
                out.add(below);
            } else if (anyMapped(child(store, node, i, slot), at, first, end)) {
                clear(ownChild(node, i, out), at, first, end, frozen, out);
            }
            out.doneUntil = Math.min(end, at + span);
        }
    }

    private void drop(MapNode node, long slot, int frozen, Replaced out) throws IOException {
        if (node.birth <= frozen) {
            out.subtree(slot, Births.under(store, node));
            return;
        }
        out.node(node);
        for (int i = 0; i < MapNode.SLOTS; i++) {
            long s = node.slot(i);
            if (Slot.address(s) != 0) {
                if (node.level == 0) {
                    out.grain(s);
                } else {
                    drop(child(store, node, i, s), s, frozen, out);
                }
            }
        }
    }

    /** Adds levels until the root covers so many grains. Only while drained. */
    void growTo(long grains) throws IOException {
        tree.lock();
        try {
            int level = Layout.levelFor(grains);
            while (root.level < level) {
                long page = store.takePrepaid();
                MapNode top = MapNode.empty(page, root.level + 1, epoch, stamp, serial, 0);
                top.kid(0, root, Slot.of(root.address, root.birth));
                store.made(top);
                root = top;
            }
        } finally {
            tree.unlock();
        }
    }
}
