package io.tidegate.pool;

import java.util.BitSet;

/** Some of a pool's segments: one of them is found without a walk over all segments. */
final class SegmentSet {

    private final BitSet members = new BitSet();
    private int count;

    void put(int segment, boolean in) {
        if (members.get(segment) != in) {
            members.set(segment, in);
            count += in ? 1 : -1;
        }
    }

    int count() {
        return count;
    }

    boolean has(int segment) {
        return members.get(segment);
    }

    /** The first at or after a segment, else the first of all; -1 when there is none. */
    int next(int from) {
        int found = members.nextSetBit(from);
        return found >= 0 || from == 0 ? found : members.nextSetBit(0);
    }

    /** The first in a range; -1 when there is none. */
    int within(int from, int end) {
        int found = members.nextSetBit(from);
        return found < end ? found : -1;
    }

    /** The last of all; -1 when there is none. */
    int last() {
        return members.length() - 1;
    }

    /** Heap that the bits take. */
    long bytes() {
        return members.size() / Byte.SIZE;
    }
}
