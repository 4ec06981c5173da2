package io.tidegate.pool;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Counts the births of what stands on a dead-list, a piece at a time. Between two pieces no guard
 * is held; whoever asks for a piece has entered one, and has seen since that the list still belongs
 * to a snapshot.
 */
final class ListCount {

    private static final class Level {
        final MapNode node;
        int next;

        Level(MapNode node) {
            this.node = node;
        }
    }

    final DeadList list;
    private final NodeStore store;
    private final Births births = new Births();
    private final Deque<Level> path = new ArrayDeque<>();
    private long index;

    ListCount(DeadList list, NodeStore store) {
        this.list = list;
        this.store = store;
    }

    /**
     * Goes on.
     *
     * @param steps about how many entries and nodes to look at
     * @return whether the list knows its accounts now
     */
    boolean piece(int steps) throws IOException {
        for (int i = 0; i < steps; i++) {
            if (!path.isEmpty()) {
                node();
            } else if (!entry()) {
                return list.counted(index, births);
            }
        }
        return false;
    }

    private boolean entry() throws IOException {
        long e = list.entry(index);
        if (e == -1) {
            return false;
        }
        index++;
        if (Slot.kind(e) == Slot.GRAIN) {
            births.add(Slot.birth(e));
        } else if (Slot.kind(e) == Slot.SUBTREE) {
            path.push(new Level(store.loadAny(Slot.address(e), Slot.birth(e))));
        }
        return true;
    }

    /** Looks at a leaf, or goes down to one child; children are not kept in memory. */
    private void node() throws IOException {
        Level top = path.element();
        while (top.next < MapNode.SLOTS) {
            int i = top.next++;
            long slot = top.node.slot(i);
            if (Slot.address(slot) == 0) {
                continue;
            }
            if (top.node.level > 0) {
                path.push(
                        new Level(
                                store.load(
                                        Slot.address(slot), top.node.level - 1, Slot.birth(slot))));
                return;
            }
            births.add(Slot.birth(slot));
        }
        path.pop();
    }
}
