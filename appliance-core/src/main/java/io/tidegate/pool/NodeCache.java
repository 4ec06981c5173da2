package io.tidegate.pool;

import java.lang.ref.WeakReference;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Map nodes in memory, by address: those that no checkpoint has written yet, which always stay, and
 * those that could be read again, up to a budget. A look-up goes from parent to child by a pointer
 * and does not come here; only what it does not find there does.
 *
 * <p>When the budget is passed, whoever passed it takes nodes out at random, those first that no
 * look-up has met since the last time, and then clears the pointers to them. A reader that still
 * holds such a node reads it to the end: it never changes, and the collector keeps it for him. So
 * nothing here waits for guards.
 */
final class NodeCache {

    private final long budgetBytes;
    private final ConcurrentHashMap<Long, MapNode> nodes = new ConcurrentHashMap<>();

    /** Of the nodes that stand on disk, in bytes of heap. */
    private final AtomicLong storedBytes = new AtomicLong();

    /**
     * Every node with pointers to children that may still be walked, also one that is out of the
     * cache but is the root of an open map.
     */
    private final Queue<WeakReference<MapNode>> parents = new ConcurrentLinkedQueue<>();

    private final ReentrantLock sweeping = new ReentrantLock();
    private final SplittableRandom random = new SplittableRandom(1);
    private long sweeps;

    /**
     * @param budgetBytes heap for nodes that could be read again
     */
    NodeCache(long budgetBytes) {
        this.budgetBytes = budgetBytes;
    }

    @Nullable MapNode get(long address) {
        MapNode node = nodes.get(address);
        if (node != null) {
            node.touch();
        }
        return node;
    }

    /** A node was read; the answer is the one to use, which another thread may have read. */
    MapNode loaded(MapNode node) {
        MapNode there = nodes.putIfAbsent(node.address, node);
        if (there != null) {
            return there;
        }
        parent(node);
        grown(node.heapBytes());
        return node;
    }

    /** A node has come to be; it stays until {@link #stored}. */
    void made(MapNode node) {
        // What stood at a page before is out of every map, and nobody looks it up any more.
        MapNode former = nodes.put(node.address, node);
        if (former != null && former.isStored()) {
            storedBytes.addAndGet(-former.heapBytes());
        }
        parent(node);
    }

    private void parent(MapNode node) {
        if (node.level > 0) {
            parents.add(new WeakReference<>(node));
        }
    }

    /** A checkpoint has written them. */
    void stored(List<MapNode> written) {
        long bytes = 0;
        for (MapNode node : written) {
            node.stored();
            if (nodes.get(node.address) == node) {
                bytes += node.heapBytes();
            }
        }
        grown(bytes);
    }

    private void grown(long bytes) {
        if (storedBytes.addAndGet(bytes) > budgetBytes && sweeping.tryLock()) {
            try {
                sweep();
            } finally {
                sweeping.unlock();
            }
        }
    }

    private void sweep() {
        long unused = 0;
        long used = 0;
        for (MapNode node : nodes.values()) {
            if (node.isStored()) {
                if (node.wasUsed()) {
                    used += node.heapBytes();
                } else {
                    unused += node.heapBytes();
                }
            }
        }
        long excess = unused + used - budgetBytes / 4 * 3;
        double ofUnused = share(excess, unused);
        double ofUsed = share(excess - unused, used);
        for (MapNode node : nodes.values()) {
            if (node.isStored()) {
                double chance = node.wasUsed() ? ofUsed : ofUnused;
                if (random.nextDouble() < chance && nodes.remove(node.address, node)) {
                    node.evict();
                    storedBytes.addAndGet(-node.heapBytes());
                }
                node.forgetUse();
            }
        }
        for (Iterator<WeakReference<MapNode>> i = parents.iterator(); i.hasNext(); ) {
            MapNode parent = i.next().get();
            if (parent == null) {
                i.remove();
            } else {
                parent.forgetEvictedKids();
            }
        }
        sweeps++;
    }

    private static double share(long wanted, long of) {
        return wanted <= 0 || of == 0 ? 0 : Math.min(1, (double) wanted / of);
    }

    /** Heap that nodes take which could be read again. */
    long storedBytes() {
        return storedBytes.get();
    }

    /** How often nodes had to be taken out; for tests. */
    long sweeps() {
        sweeping.lock();
        try {
            return sweeps;
        } finally {
            sweeping.unlock();
        }
    }
}
