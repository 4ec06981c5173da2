package io.tidegate.pool;

import java.io.IOException;
import org.eclipse.collections.impl.list.mutable.primitive.LongArrayList;

/**
 * Collects the grains of a map that were born after an epoch, from a grain on, a bounded number at
 * a time. Keeps no node that it loads.
 */
final class SealWalk {

    /** Nodes that one stay looks at. */
    private static final int MOST_NODES = 128;

    /** Addresses that were found. */
    final LongArrayList found = new LongArrayList();

    /** The grain of the map for each of them. */
    final LongArrayList grains = new LongArrayList();

    private final NodeStore store;
    private final int since;
    private final int most;
    private long nextGrain;
    private int nodes;

    /**
     * @param since epoch; what was born in it or before is left out
     * @param most addresses to collect
     */
    SealWalk(NodeStore store, int since, long firstGrain, int most) {
        this.store = store;
        this.since = since;
        this.nextGrain = firstGrain;
        this.most = most;
    }

    /** Where the next walk has to begin. */
    long nextGrain() {
        return nextGrain;
    }

    /** Whether the end of the map was reached. Inside a guard that was entered before the root. */
    boolean run(MapNode root) throws IOException {
        return walk(root, 0);
    }

    private boolean walk(MapNode node, long base) throws IOException {
        int shift = node.slotGrainShift();
        int first =
                nextGrain <= base ? 0 : (int) Math.min(MapNode.SLOTS, nextGrain - base >>> shift);
        for (int i = first; i < MapNode.SLOTS; i++) {
            long slot = node.slot(i);
            long at = base + ((long) i << shift);
            if (Slot.address(slot) != 0 && Slot.birth(slot) > since) {
                if (node.level == 0) {
                    found.add(Slot.address(slot));
                    grains.add(at);
                } else if (nodes++ >= MOST_NODES || !walk(child(node, i, slot), at)) {
                    return false;
                }
            }
            nextGrain = at + (1L << shift);
            if (found.size() >= most) {
                return false;
            }
        }
        return true;
    }

    private MapNode child(MapNode node, int i, long slot) throws IOException {
        MapNode kid = node.kid(i, slot);
        return kid != null ? kid : store.load(Slot.address(slot), node.level - 1, Slot.birth(slot));
    }
}
