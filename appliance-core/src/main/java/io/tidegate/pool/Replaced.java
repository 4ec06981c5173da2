package io.tidegate.pool;

import org.eclipse.collections.impl.list.mutable.primitive.LongArrayList;

/** What a change of the map took out of it; its record's effect says what becomes of that. */
final class Replaced {

    /** Entries in the form of {@link Slot#entry}. */
    final LongArrayList entries = new LongArrayList();

    /** The grains under all subtree entries. */
    final Births below = new Births();

    /** Grains that were mapped before. */
    long grains;

    /** Discards: the grain before which all is done. */
    long doneUntil;

    void add(Replaced other) {
        entries.addAll(other.entries);
        below.addAll(other.below);
        grains += other.grains;
    }

    void grain(long slot) {
        entries.add(Slot.entry(Slot.address(slot), Slot.GRAIN, Slot.birth(slot)));
        grains++;
    }

    void node(MapNode node) {
        entries.add(Slot.entry(node.address, Slot.NODE, node.birth));
    }

    void subtree(long slot, Births grainsBelow) {
        entries.add(Slot.entry(Slot.address(slot), Slot.SUBTREE, Slot.birth(slot)));
        below.addAll(grainsBelow);
        grains += grainsBelow.total();
    }
}
