package io.tidegate.pool;

import java.io.IOException;
import org.eclipse.collections.api.block.procedure.primitive.IntLongProcedure;
import org.eclipse.collections.impl.map.mutable.primitive.IntLongHashMap;

/**
 * How many grains of a tree or a list were born in each epoch. Neighbours were mostly born
 * together, so a run of equal births costs one look into the table.
 */
final class Births {

    private final IntLongHashMap counts = new IntLongHashMap();
    private int runBirth;
    private long run;
    private long total;

    void add(int birth) {
        if (birth != runBirth) {
            settle();
            runBirth = birth;
        }
        run++;
        total++;
    }

    void addAll(Births other) {
        other.forEach((birth, n) -> counts.addToValue(birth, n));
        total += other.total;
    }

    private void settle() {
        if (run > 0) {
            counts.addToValue(runBirth, run);
            run = 0;
        }
    }

    long total() {
        return total;
    }

    void forEach(IntLongProcedure action) {
        settle();
        counts.forEachKeyValue(action);
    }

    /** Grains born after an epoch. */
    long after(int epoch) {
        return between(epoch, Slot.MAX_EPOCH);
    }

    /** Grains born after one epoch and up to another. */
    long between(int after, int last) {
        long[] n = new long[1];
        forEach(
                (birth, count) -> {
                    if (birth > after && birth <= last) {
                        n[0] += count;
                    }
                });
        return n[0];
    }

    /** Of the grains that are mapped under a node. */
    static Births under(NodeStore store, MapNode node) throws IOException {
        Births births = new Births();
        births.addUnder(store, node);
        return births;
    }

    void addUnder(NodeStore store, MapNode node) throws IOException {
        for (int i = 0; i < MapNode.SLOTS; i++) {
            long slot = node.slot(i);
            if (Slot.address(slot) == 0) {
                continue;
            }
            if (node.level == 0) {
                add(Slot.birth(slot));
            } else {
                addUnder(store, VolumeMap.child(store, node, i, slot));
            }
        }
    }
}
