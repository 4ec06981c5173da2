package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The summary of a leaf answers as its slots do, whatever stands in them. */
class MapNodeTest {

    private static final int GRAIN_PAGES = 2;

    private static MapNode leaf() {
        return MapNode.empty(7, 0, 1, 1, 1, 0);
    }

    private static void requireSame(MapNode leaf, long[] slots) {
        for (int i = 0; i < MapNode.SLOTS; i++) {
            assertThat(leaf.address(i, GRAIN_PAGES))
                    .as("address in %d", i)
                    .isEqualTo(Slot.address(slots[i]));
            for (int epoch : new int[] {0, 3, 5}) {
                long slot = leaf.slotYoungerThan(epoch, i, GRAIN_PAGES);
                assertThat(Slot.address(slot)).isEqualTo(Slot.address(slots[i]));
                assertThat(Slot.birth(slot) > epoch)
                        .as("younger than %d in %d", epoch, i)
                        .isEqualTo(Slot.birth(slots[i]) > epoch);
            }
        }
    }

    @Test
    void answersForRowsWithAnyNumberOfOthersInThem() {
        SplittableRandom random = new SplittableRandom(11);
        for (int others = 0; others <= MapNode.SLOTS; others += 16) {
            MapNode leaf = leaf();
            long[] slots = new long[MapNode.SLOTS];
            long first = 4096 + random.nextInt(100) * GRAIN_PAGES;
            for (int i = 0; i < MapNode.SLOTS; i++) {
                slots[i] = Slot.of(first + (long) i * GRAIN_PAGES, 4 + random.nextInt(3));
            }
            for (int n = 0; n < others; n++) {
                int i = random.nextInt(MapNode.SLOTS);
                boolean mapped = random.nextInt(4) > 0;
                slots[i] = Slot.of(mapped ? 1L << 20 | random.nextInt(1000) : 0, 2);
            }
            for (int i = 0; i < MapNode.SLOTS; i++) {
                leaf.slot(i, slots[i]);
            }
            requireSame(leaf, slots);
            leaf.summarize(GRAIN_PAGES);
            requireSame(leaf, slots);
            slots[5] = Slot.of(99 * GRAIN_PAGES, 9);
            leaf.slot(5, slots[5]);
            requireSame(leaf, slots);
            leaf.summarize(GRAIN_PAGES);
            requireSame(leaf, slots);
        }
    }

    /** The row's first slot would be before the first page. */
    @Test
    void aRowMayBeginInTheMiddle() {
        MapNode leaf = leaf();
        long[] slots = new long[MapNode.SLOTS];
        for (int i = 100; i < MapNode.SLOTS; i++) {
            slots[i] = Slot.of((i - 99L) * GRAIN_PAGES, 4);
            leaf.slot(i, slots[i]);
        }
        leaf.summarize(GRAIN_PAGES);
        requireSame(leaf, slots);
    }

    /** A look-up that began before may hold one half of the former summary. */
    @Test
    void anotherRowIsNeverToldByTheFormerOnesStart() {
        MapNode leaf = leaf();
        long[] slots = new long[MapNode.SLOTS];
        for (long first : new long[] {5000, 9000, 5000}) {
            for (int i = 0; i < MapNode.SLOTS; i++) {
                slots[i] = Slot.of(first + (long) i * GRAIN_PAGES, 4);
                leaf.slot(i, slots[i]);
                requireAddress(leaf, slots, i);
            }
            leaf.summarize(GRAIN_PAGES);
            requireSame(leaf, slots);
        }
    }

    private static void requireAddress(MapNode leaf, long[] slots, int index) {
        assertThat(leaf.address(index, GRAIN_PAGES)).isEqualTo(Slot.address(slots[index]));
    }

    @Test
    void anEmptyLeafHasNoRow() {
        MapNode leaf = leaf();
        leaf.summarize(GRAIN_PAGES);
        requireSame(leaf, new long[MapNode.SLOTS]);
    }
}
