package io.tidegate.pool;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A node of a volume's map in memory: 512 slots, and below level 0's parents the nodes that were
 * loaded already. Readers walk without locks. A node is changed only under its map's tree lock, and
 * only while its stamp is the map's; afterwards it never changes again.
 */
final class MapNode {

    static final int SLOT_SHIFT = 9;
    static final int SLOTS = 1 << SLOT_SHIFT;
    static final int SLOT_MASK = SLOTS - 1;

    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle KID = MethodHandles.arrayElementVarHandle(MapNode[].class);

    /** Page where it stands or will stand. */
    final long address;

    final int level;
    final int birth;

    /** The stretch between two cuts in which it was made; 0 when it was read from disk. */
    final long stamp;

    /** Serial of the volume that made it. */
    final int owner;

    private static final int LEAF_HEAP_BYTES = SLOTS * Long.BYTES + 256;
    private static final int INNER_HEAP_BYTES = LEAF_HEAP_BYTES + SLOTS * Integer.BYTES + 16;

    private final long[] slots;
    private final @Nullable MapNode @Nullable [] kids;

    /**
     * Of a leaf most of whose grains stand in a row on disk: where the row's first slot would be.
     * Set once: a look-up reads {@link #strangers} before it, so no two summaries may disagree
     * here.
     */
    private volatile long rowFirst;

    /**
     * A bit for each {@value #COARSE} slots of which one or more are not part of the row; all ones
     * without a row. It stands beside {@link #rowFirst}, so that after scattered changes most
     * look-ups still need one line of the node and none of the slots, which are much more than the
     * processor's caches hold.
     */
    private volatile long strangers = -1;

    /**
     * The row exactly: the least birth in it, and a bit for each slot that is not part of it. Never
     * changed.
     */
    private volatile long @Nullable [] row;

    private static final int COARSE_SHIFT = 3;
    private static final int COARSE = 1 << COARSE_SHIFT;
    private static final int ROW_BIRTH = 0;
    private static final int ROW_OTHERS = 1;

    /** Whether a look-up met it lately. Plain: a mark that is lost costs a read at most. */
    private boolean used = true;

    /** Whether it stands on disk and can be read again. */
    private volatile boolean stored;

    /** Whether the cache has let go of it; pointers to it are to be cleared. */
    private volatile boolean evicted;

    private MapNode(
            long address,
            int level,
            int birth,
            long stamp,
            int owner,
            long[] slots,
            @Nullable MapNode @Nullable [] kids) {
        this.address = address;
        this.level = level;
        this.birth = birth;
        this.stamp = stamp;
        this.owner = owner;
        this.slots = slots;
        this.kids = kids;
    }

    /** A new node whose slots all carry one cleared (or empty) value. */
    static MapNode empty(
            long address, int level, int birth, long stamp, int owner, long clearedSlot) {
        long[] slots = new long[SLOTS];
        if (clearedSlot != 0) {
            java.util.Arrays.fill(slots, clearedSlot);
        }
        return new MapNode(address, level, birth, stamp, owner, slots, kidsFor(level));
    }

    static MapNode decode(long address, int level, int birth, int owner, ByteBuffer page) {
        long[] slots = new long[SLOTS];
        page.order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(slots);
        MapNode node = new MapNode(address, level, birth, 0, owner, slots, kidsFor(level));
        node.stored = true;
        return node;
    }

    /** A copy that may be changed, at a place of its own. */
    MapNode copy(long newAddress, int newBirth, long newStamp, int newOwner) {
        return new MapNode(
                newAddress,
                level,
                newBirth,
                newStamp,
                newOwner,
                slots.clone(),
                kids == null ? null : kids.clone());
    }

    private static @Nullable MapNode @Nullable [] kidsFor(int level) {
        return level == 0 ? null : new @Nullable MapNode[SLOTS];
    }

    long slot(int index) {
        return (long) SLOT.getAcquire(slots, index);
    }

    /** Under the tree lock; a look-up that still takes the summary sees the slot as it was. */
    void slot(int index, long value) {
        if (row != null) {
            strangers = -1;
            row = null;
        }
        SLOT.setRelease(slots, index, value);
    }

    /** Notes which grains stand in a row. Of a leaf that nobody changes meanwhile. */
    void summarize(int grainPages) {
        if (level != 0 || row != null) {
            return;
        }
        long first = commonFirst(grainPages);
        if (first == 0 || rowFirst != 0 && rowFirst != first) {
            return; // 0 means none; and a late look-up may still go by the former row
        }
        long[] found = new long[ROW_OTHERS + SLOTS / Long.SIZE];
        int least = Slot.MAX_EPOCH;
        int members = 0;
        long coarse = 0;
        for (int i = 0; i < SLOTS; i++) {
            if (isMember(i, first, grainPages)) {
                least = Math.min(least, Slot.birth(slots[i]));
                members++;
            } else {
                found[ROW_OTHERS + i / Long.SIZE] |= 1L << i;
                coarse |= 1L << (i >>> COARSE_SHIFT);
            }
        }
        if (members > SLOTS / 2) {
            found[ROW_BIRTH] = least;
            rowFirst = first;
            row = found;
            strangers = coarse;
        }
    }

    private boolean isMember(int index, long first, int grainPages) {
        long address = Slot.address(slots[index]);
        return address != 0 && address == first + (long) index * grainPages;
    }

    /** Where the first slot's grain would be in the one row that may have more than half. */
    private long commonFirst(int grainPages) {
        long candidate = 0;
        int votes = 0;
        for (int i = 0; i < SLOTS; i++) {
            long address = Slot.address(slots[i]);
            long first = address - (long) i * grainPages;
            if (address == 0) {
                votes = Math.max(0, votes - 1);
            } else if (votes == 0) {
                candidate = first;
                votes = 1;
            } else {
                votes += first == candidate ? 1 : -1;
            }
        }
        return candidate;
    }

    private static boolean has(long[] row, int index) {
        return (row[ROW_OTHERS + (index >>> 6)] & 1L << index) == 0;
    }

    /** Address of a leaf's grain, 0 where nothing is mapped. */
    long address(int index, int grainPages) {
        long others = strangers;
        if ((others >>> (index >>> COARSE_SHIFT) & 1) == 0) {
            return rowFirst + (long) index * grainPages;
        }
        long[] r = row;
        return r != null && has(r, index)
                ? rowFirst + (long) index * grainPages
                : Slot.address(slot(index));
    }

    /** As {@link #slot(int)}, perhaps with an older birth that is still later than an epoch. */
    long slotYoungerThan(int epoch, int index, int grainPages) {
        long[] r = row;
        return r != null && r[ROW_BIRTH] > epoch && has(r, index)
                ? Slot.of(rowFirst + (long) index * grainPages, (int) r[ROW_BIRTH])
                : slot(index);
    }

    /** The node that a slot points to, if it is in memory. */
    @Nullable MapNode kid(int index, long slot) {
        MapNode kid = (MapNode) KID.getAcquire(kids, index);
        // A late reader may have put the node of a former slot here.
        if (kid == null || kid.address != Slot.address(slot)) {
            return null;
        }
        kid.touch();
        return kid;
    }

    /** Keeps a loaded node, unless a writer was faster. */
    void offerKid(int index, MapNode kid) {
        KID.compareAndSet(kids, index, (MapNode) null, kid);
    }

    void kid(int index, @Nullable MapNode kid, long slot) {
        KID.setRelease(kids, index, kid);
        SLOT.setRelease(slots, index, slot);
    }

    // For the cache -----------------------------------------------------------------------------

    void touch() {
        if (!used) {
            used = true;
        }
    }

    boolean wasUsed() {
        return used;
    }

    void forgetUse() {
        used = false;
    }

    boolean isStored() {
        return stored;
    }

    void stored() {
        stored = true;
    }

    void evict() {
        evicted = true;
    }

    int heapBytes() {
        return kids == null ? LEAF_HEAP_BYTES : INNER_HEAP_BYTES;
    }

    void forgetEvictedKids() {
        if (kids == null) {
            return;
        }
        for (int i = 0; i < SLOTS; i++) {
            MapNode kid = (MapNode) KID.getAcquire(kids, i);
            if (kid != null && kid.evicted) {
                KID.compareAndSet(kids, i, kid, (MapNode) null);
            }
        }
    }

    void encode(ByteBuffer page) {
        page.order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < SLOTS; i++) {
            page.putLong(slots[i]);
        }
    }

    /** log2 of the grains under one slot. */
    int slotGrainShift() {
        return level * SLOT_SHIFT;
    }

    int indexOf(long grain) {
        return (int) (grain >>> slotGrainShift()) & SLOT_MASK;
    }
}
