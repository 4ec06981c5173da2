package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.eclipse.collections.impl.list.mutable.primitive.LongArrayList;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bits and pages of checksums by themselves: memory, cache, checkpoints, records, damage. */
@NullUnmarked
class SealsTest {

    private static final int CACHED = 2;

    private SimFiles files;
    private Layout layout;
    private Seals seals;
    private SpaceMap space;
    private NodeStore store;

    @BeforeEach
    void small() throws IOException {
        with(4096, 64 << 10);
    }

    private void with(int grainBytes, int segmentBytes) throws IOException {
        files = new SimFiles();
        layout =
                Layout.of(
                        new PoolOptions(
                                64L * segmentBytes,
                                grainBytes,
                                segmentBytes,
                                64L * segmentBytes,
                                65536,
                                true));
        fresh();
    }

    /** Every checked grain, by address. */
    private List<Long> grains(Seals of) {
        List<Long> found = new ArrayList<>();
        for (int s = 0; s < layout.segments(); s++) {
            for (int i = 0; i < layout.grainsPerSegment(); i++) {
                long address = layout.firstPage(s) + ((long) i << layout.grainPageShift());
                if (of.checked(address)) {
                    found.add(address);
                }
            }
        }
        return found;
    }

    /** New parts over the same files. */
    private void fresh() throws IOException {
        seals = new Seals(layout, Rules.IN_FORCE, CACHED);
        DataFiles data =
                new DataFiles(files, layout, Rules.IN_FORCE, new Health("sim", Rules.IN_FORCE));
        data.open(layout.files(), null);
        space = new SpaceMap(layout, data, 3, seals);
        store = new NodeStore(layout, data, space, new NodeCache(1 << 20));
    }

    /** The address of the i-th grain of a segment. */
    private long at(int segment, int i) {
        return layout.firstPage(segment) + ((long) i << layout.grainPageShift());
    }

    private void seal(long address, int sum) throws IOException {
        seals.seal(address, seals.open(layout.segmentOf(address), store), sum);
    }

    private LongArrayList cut() throws IOException {
        List<NodeImage> images = new ArrayList<>();
        LongArrayList freed = new LongArrayList();
        Seals.Placed placed = seals.place(store, images, freed);
        store.write(images, 1);
        seals.written(placed.pages());
        return freed;
    }

    @Test
    void aBitForEachGrain() throws IOException {
        int n = layout.grainsPerSegment();
        assertThat(seals.noneIn(at(5, 0), layout.segmentBytes())).isTrue();
        for (int i = 0; i < n; i++) {
            assertThat(seals.checked(at(5, i))).isFalse();
            seal(at(5, i), 100 + i);
            assertThat(seals.checked(at(5, i))).isTrue();
            assertThat(seals.pins(at(5, i))).isTrue();
        }
        assertThat(seals.word(5, 0)).isEqualTo((1L << n) - 1);
        assertThat(seals.noneIn(at(4, n - 1), 2L * layout.grainBytes())).isFalse();
        assertThat(seals.noneIn(at(4, n - 1), layout.grainBytes())).isTrue();
        // The full segment's bits are one shared value: taking one away leaves the others.
        seal(at(6, 0), 1);
        seals.freed(at(5, 3));
        for (int i = 0; i < n; i++) {
            assertThat(seals.checked(at(5, i))).isEqualTo(i != 3);
        }
        assertThat(seals.sum(at(5, 4), store)).isEqualTo(104);
        for (int i = 0; i < n; i++) {
            seals.freed(at(5, i));
        }
        assertThat(seals.noneIn(at(5, 0), layout.segmentBytes())).isTrue();
        assertThat(seals.checked(at(6, 0))).isTrue();
    }

    @Test
    void sumsComeBackFromTheirPages() throws IOException {
        Map<Long, Integer> expected = new HashMap<>();
        Random random = new Random(3);
        for (int round = 0; round < 20; round++) {
            for (int k = 0; k < 12; k++) {
                long a = at(20 + random.nextInt(12), random.nextInt(layout.grainsPerSegment()));
                if (random.nextInt(3) == 0) {
                    seals.freed(a);
                    expected.remove(a);
                } else if (!seals.checked(a)) {
                    int sum = random.nextInt();
                    seal(a, sum);
                    expected.put(a, sum);
                }
            }
            cut().forEach(space::free);
            for (Map.Entry<Long, Integer> e : expected.entrySet()) {
                assertThat((int) seals.sum(e.getKey(), store)).isEqualTo(e.getValue());
            }
            assertThat(grains(seals)).containsExactlyInAnyOrderElementsOf(expected.keySet());
        }
        // No page is left behind.
        assertThat(space.figures().nodesUsed()).isEqualTo(seals.pages().size());
        expected.keySet().forEach(seals::freed);
        cut().forEach(space::free);
        assertThat(seals.pages().size()).isZero();
        assertThat(space.figures().nodesUsed()).isZero();
    }

    @Test
    void theCacheIsBoundedAndDirtyPagesStay() throws IOException {
        for (int s = 20; s < 30; s++) {
            seal(at(s, 1), s);
        }
        for (int s = 20; s < 30; s++) {
            assertThat(seals.sumAtHand(at(s, 1))).isEqualTo(s);
        }
        cut();
        int present = 0;
        for (int s = 20; s < 30; s++) {
            present += seals.sumAtHand(at(s, 1)) == s ? 1 : 0;
        }
        assertThat(present).isEqualTo(CACHED);
        for (int s = 20; s < 30; s++) {
            assertThat(seals.sum(at(s, 1), store)).isEqualTo(s);
            assertThat(seals.sumAtHand(at(s, 1))).isEqualTo(s);
        }
        assertThat(seals.sumAtHand(at(20, 1))).isEqualTo(Seals.NOT_AT_HAND);
    }

    @Test
    void aCutThatFailedIsMadeUpForByTheNext() throws IOException {
        seal(at(20, 0), 7);
        List<NodeImage> lost = new ArrayList<>();
        LongArrayList freed = new LongArrayList();
        Seals.Placed placed = seals.place(store, lost, freed);
        seal(at(20, 1), 8);
        seals.dirtyAgain(placed.pages());
        assertThat(seals.dirty(20)).isTrue();
        LongArrayList former = cut();
        assertThat(former.size()).isEqualTo(1);
        for (int s = 21; s < 25; s++) {
            seal(at(s, 0), s);
        }
        cut();
        assertThat(seals.sumAtHand(at(20, 0))).isEqualTo(Seals.NOT_AT_HAND);
        assertThat(seals.sum(at(20, 0), store)).isEqualTo(7);
        assertThat(seals.sum(at(20, 1), store)).isEqualTo(8);
    }

    @Test
    void aPageThatMovesWhileItIsReadIsReadAgain() throws IOException {
        seal(at(20, 0), 1);
        for (int s = 21; s < 25; s++) {
            seal(at(s, 0), s);
        }
        cut();
        for (int s = 21; s < 25; s++) {
            seals.sum(at(s, 0), store);
        }
        assertThat(seals.sumAtHand(at(20, 0))).isEqualTo(Seals.NOT_AT_HAND);
        int[] reads = new int[1];
        files.before =
                op -> {
                    // After the page was read, before it is taken into the cache.
                    if (op.startsWith("read") && ++reads[0] == 2) {
                        files.before = other -> {};
                        sealAndForget();
                    }
                };
        assertThat(seals.sum(at(20, 0), store)).isEqualTo(1);
        assertThat(reads[0]).isEqualTo(2);
        assertThat(seals.sum(at(20, 5), store)).isEqualTo(55);
    }

    private void sealAndForget() {
        try {
            seal(at(20, 5), 55);
            cut();
            for (int s = 21; s < 25; s++) {
                seals.sum(at(s, 0), store);
            }
            assertThat(seals.sumAtHand(at(20, 0))).isEqualTo(Seals.NOT_AT_HAND);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @CsvSource({"4096, 65536", "4096, 4194304", "16384, 4194304", "65536, 4194304", "8192, 131072"})
    void recordsGoRoundThroughTheFreeMap(int grainBytes, int segmentBytes) throws IOException {
        with(grainBytes, segmentBytes);
        Random random = new Random(9);
        int n = layout.grainsPerSegment();
        for (int s = 40; s < 50; s++) {
            space.publish(at(s, 0), n);
            int share = random.nextInt(3);
            for (int i = 0; i < n; i++) {
                if (share == 0 || share == 1 && random.nextBoolean()) {
                    seal(at(s, i), random.nextInt());
                }
            }
        }
        space.free(at(40, 1));
        cut();
        List<ByteBuffer> pages = new ArrayList<>();
        for (int p = 0; p < space.pages(); p++) {
            ByteBuffer page = ByteBuffer.allocate(Layout.PAGE_BYTES);
            space.encode(p, page);
            pages.add(page.flip());
        }
        Seals before = seals;
        fresh();
        for (int p = 0; p < pages.size(); p++) {
            ByteBuffer whole = ByteBuffer.allocate(Layout.PAGE_BYTES).put(pages.get(p)).clear();
            space.decode(p, whole);
        }
        assertThat(grains(before)).isNotEmpty();
        assertThat(grains(seals)).isEqualTo(grains(before));
        assertThat(seals.pages()).isEqualTo(before.pages());
        for (long a : grains(before)) {
            assertThat(seals.sum(a, store)).isEqualTo(before.sum(a, store));
        }
    }

    @Test
    void recordsThatCannotBeAreRefused() {
        long page = layout.firstPage(3) + 1;
        long[] used = {0b1110};
        assertThatThrownBy(() -> seals.load(5, page, new long[] {0b0001}, used))
                .isInstanceOf(DamageException.class)
                .hasMessageContaining("segment 5");
        assertThatThrownBy(() -> seals.load(5, page, new long[] {0b0010}, null))
                .isInstanceOf(DamageException.class);
        assertThatThrownBy(() -> seals.load(5, 0, new long[] {0b0010}, used))
                .isInstanceOf(DamageException.class);
        assertThatThrownBy(() -> seals.load(5, page, new long[] {0}, used))
                .isInstanceOf(DamageException.class);
        assertThatThrownBy(() -> seals.load(5, -1, new long[] {0b0010}, used))
                .isInstanceOf(DamageException.class);
        assertThatThrownBy(
                        () ->
                                seals.load(
                                        5,
                                        layout.firstPage(layout.segments()),
                                        new long[] {0b0010},
                                        used))
                .isInstanceOf(DamageException.class);
        assertThat(grains(seals)).isEmpty();
    }

    @Test
    void aPageThatIsNotTheSegmentsIsDamage() throws Exception {
        seal(at(20, 0), 1);
        seal(at(21, 0), 2);
        cut();
        long pageOf21 = seals.page(21);
        fresh();
        seals.load(20, pageOf21, new long[] {1}, new long[] {1});
        assertThatThrownBy(() -> seals.sum(at(20, 0), store))
                .isInstanceOf(DamageException.class)
                .hasMessageContaining("of 21");
        fresh();
        seals.load(21, pageOf21, new long[] {1}, new long[] {1});
        files.damageInMemory(DataFiles.name(0), (int) layout.offsetInFile(pageOf21) + 3, 1);
        assertThatThrownBy(() -> seals.sum(at(21, 0), store)).isInstanceOf(DamageException.class);
    }

    @Test
    void anEntryOfTheMomentOfWritingLivesAsItsAddressDoes() {
        WrittenSums sums = new WrittenSums(layout);
        long a = at(20, 3);
        assertThat(sums.get(a)).isEqualTo(Seals.UNCHECKED);
        sums.put(a, -5);
        assertThat(sums.get(a)).isEqualTo(0xFFFFFFFBL);
        // Its neighbour in the table is another's.
        long same = a + ((long) 256 * 1024 << layout.grainPageShift());
        assertThat(sums.get(same)).isEqualTo(Seals.UNCHECKED);
        sums.drop(same);
        assertThat(sums.get(a)).isEqualTo(0xFFFFFFFBL);
        sums.put(same, 6);
        assertThat(sums.get(a)).isEqualTo(Seals.UNCHECKED);
        sums.drop(same);
        assertThat(sums.get(same)).isEqualTo(Seals.UNCHECKED);
        // It ends with the grain, checked or not, and when the seal takes its place.
        seals.written.put(a, 7);
        seals.freed(a);
        assertThat(seals.written.get(a)).isEqualTo(Seals.UNCHECKED);
    }

    @Test
    void aSegmentBeyondTheFirstSizeIsTaken() throws IOException {
        int beyond = layout.segments() + 10;
        assertThat(seals.checked(at(beyond, 2))).isFalse();
        seal(at(beyond, 2), 77);
        seal(at(20, 2), 78);
        assertThat(seals.sum(at(beyond, 2), store)).isEqualTo(77);
        assertThat(seals.sum(at(20, 2), store)).isEqualTo(78);
        assertThat(seals.word(beyond, 0)).isEqualTo(4);
    }
}
