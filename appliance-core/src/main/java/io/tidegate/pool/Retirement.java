package io.tidegate.pool;

import java.util.ArrayDeque;
import java.util.Deque;
import org.eclipse.collections.impl.list.mutable.primitive.LongArrayList;

/**
 * What was freed and may not be handed out again yet (pool rule W6). A grain that a record freed
 * waits until that record is covered; a node, and whatever background walks free, until a
 * checkpoint without it is durable and the log names that checkpoint. Both wait then for every
 * guard that was open. The loss of one of several owners of a shared grain waits in the same way
 * (rule W7); it then gives back a hold in the share table instead of space.
 */
final class Retirement {

    /** Marks an entry that is the loss of one of several owners; above all addresses. */
    private static final long UNHOLD = 1L << 62;

    private record Batch(long era, LongArrayList addresses) {}

    private final SpaceMap space;
    private final ShareTable shares;
    private final Guards guards;
    private final Rules rules;
    private LongArrayList lsns = new LongArrayList();
    private LongArrayList byLsn = new LongArrayList();
    private LongArrayList atCheckpoint = new LongArrayList();
    private final Deque<Batch> waiting = new ArrayDeque<>();

    Retirement(SpaceMap space, ShareTable shares, Guards guards, Rules rules) {
        this.space = space;
        this.shares = shares;
        this.guards = guards;
        this.rules = rules;
    }

    /** The entry for one owner less of a grain that has others. */
    static long unhold(long address) {
        return address | UNHOLD;
    }

    void whenCovered(long lsn, long address) {
        if (!rules.reuseWaitsForBarrier()) {
            retire(LongArrayList.newListWith(address));
            return;
        }
        synchronized (this) {
            lsns.add(lsn);
            byLsn.add(address);
        }
    }

    synchronized void atCheckpoint(long address) {
        atCheckpoint.add(address);
    }

    /** At a checkpoint's cut: what is free in its image, to be given to {@link #retire} later. */
    synchronized LongArrayList cut() {
        LongArrayList cut = atCheckpoint;
        atCheckpoint = new LongArrayList();
        return cut;
    }

    /** A cut that came to nothing. */
    synchronized void uncut(LongArrayList cut) {
        atCheckpoint.addAll(cut);
    }

    /** All records up to an LSN are covered. */
    void covered(long lsn) {
        LongArrayList ready = new LongArrayList();
        synchronized (this) {
            int n = 0;
            while (n < lsns.size() && lsns.get(n) <= lsn) {
                ready.add(byLsn.get(n));
                n++;
            }
            if (n == 0) {
                return;
            }
            lsns = tail(lsns, n);
            byLsn = tail(byLsn, n);
        }
        retire(ready);
    }

    private static LongArrayList tail(LongArrayList list, int from) {
        LongArrayList rest = new LongArrayList(list.size() - from + 16);
        for (int i = from; i < list.size(); i++) {
            rest.add(list.get(i));
        }
        return rest;
    }

    /** Hands out again once the guards that are open now have been left. */
    void retire(LongArrayList addresses) {
        if (!addresses.isEmpty()) {
            long era = guards.advance();
            synchronized (this) {
                waiting.add(new Batch(era, addresses));
            }
        }
        poll();
    }

    /** Looks whether guards have been left; cheap, called now and then and when space is short. */
    void poll() {
        while (true) {
            Batch batch;
            synchronized (this) {
                batch = waiting.peek();
                if (batch == null || !(guards.allPast(batch.era()) || rules.guardsCountAsGone())) {
                    return;
                }
                waiting.remove();
            }
            batch.addresses().forEach(this::release);
        }
    }

    private void release(long entry) {
        if ((entry & UNHOLD) != 0) {
            shares.unhold(entry & ~UNHOLD);
        } else {
            space.unblock(entry);
        }
    }

    /** Whether a barrier or a checkpoint would give space back. */
    synchronized boolean anythingPending() {
        return !byLsn.isEmpty() || !atCheckpoint.isEmpty() || !waiting.isEmpty();
    }

    /** Recovery sets the space map right by itself. */
    synchronized void forget() {
        lsns.clear();
        byLsn.clear();
        atCheckpoint.clear();
        waiting.clear();
    }
}
