package io.tidegate.pool;

/**
 * A slot of a map node, and an entry of a dead-list, in one word:
 *
 * <pre>
 *   63            26 25 24 23           0
 *  +----------------+-----+--------------+
 *  | address, pages |kind | birth epoch  |
 *  +----------------+-----+--------------+
 * </pre>
 *
 * Address 0 is nowhere: the first segment is never handed out. A cleared slot keeps the epoch of
 * its clearing as birth. The kind is 0 in a map node.
 */
final class Slot {

    static final int ADDRESS_SHIFT = 26;
    static final int MAX_EPOCH = (1 << 24) - 1;

    static final int GRAIN = 0;
    static final int NODE = 1;
    static final int SUBTREE = 2;

    private Slot() {}

    static long of(long address, int birth) {
        return address << ADDRESS_SHIFT | birth;
    }

    static long entry(long address, int kind, int birth) {
        return address << ADDRESS_SHIFT | (long) kind << 24 | birth;
    }

    static long address(long slot) {
        return slot >>> ADDRESS_SHIFT;
    }

    static int birth(long slot) {
        return (int) slot & MAX_EPOCH;
    }

    static int kind(long entry) {
        return (int) (entry >>> 24) & 3;
    }
}
