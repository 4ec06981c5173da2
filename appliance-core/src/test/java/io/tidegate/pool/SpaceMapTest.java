package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidegate.block.NativeIOException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The map of what is in use, against a plain model of it and alone. */
@NullUnmarked
class SpaceMapTest {

    private static final int RESERVE = 4;

    /** Segments of 16 pages, grains of one: small enough to be full often. */
    private static final Layout SMALL = new Layout(12, 4, 11, 96);

    /** Files without content, which have room for so many segments. */
    private static final class Nowhere implements PoolFiles {
        long room = Long.MAX_VALUE;
        long allocated;

        @Override
        public boolean lock() {
            return true;
        }

        @Override
        public List<String> names() {
            return List.of();
        }

        @Override
        public PoolFile create(String name) {
            return new PoolFile() {
                @Override
                public void read(long offset, ByteBuffer into) {
                    throw new AssertionError("nothing is read");
                }

                @Override
                public boolean tryRead(long offset, ByteBuffer into) {
                    throw new AssertionError("nothing is read");
                }

                @Override
                public void write(long offset, ByteBuffer from) {
                    throw new AssertionError("nothing is written");
                }

                @Override
                public void sync() {}

                @Override
                public void punch(long offset, long length) {
                    allocated--;
                }

                @Override
                public void allocate(long offset, long length) throws IOException {
                    if (allocated >= room) {
                        throw new NativeIOException(
                                FaultPlan.ENOSPC, "fallocate", Path.of("nowhere"));
                    }
                    allocated++;
                }

                @Override
                public long size() {
                    return 0;
                }

                @Override
                public void dropCache() {}

                @Override
                public void close() {}
            };
        }

        @Override
        public PoolFile open(String name) {
            throw new AssertionError("nothing exists");
        }

        @Override
        public void syncDirectory() {}

        @Override
        public String identity() {
            return "";
        }

        @Override
        public String name() {
            return "nowhere";
        }

        @Override
        public void close() {}
    }

    private final Nowhere nowhere = new Nowhere();

    private SpaceMap map(Layout layout, int reserve) {
        return new SpaceMap(
                layout,
                new DataFiles(
                        nowhere, layout, Rules.IN_FORCE, new Health("nowhere", Rules.IN_FORCE)),
                reserve,
                new Seals(layout, Rules.IN_FORCE));
    }

    // Against a model ---------------------------------------------------------------------------

    /** A plain model: each unit that is blocked, by address, and whether it is used. */
    private final class Model {
        final Random random;
        final Layout layout;
        final Map<Long, Boolean> grains = new HashMap<>();
        final Map<Long, Boolean> nodes = new HashMap<>();
        List<OpenSegment> open = openSegments();
        SpaceMap map;

        Model(long seed, Layout layout) {
            this.random = new Random(seed);
            this.layout = layout;
            this.map = map(layout, RESERVE);
        }

        private static List<OpenSegment> openSegments() {
            return List.of(new OpenSegment(), new OpenSegment(), new OpenSegment());
        }

        void act(boolean filling) throws IOException {
            int dice = random.nextInt(100);
            if (dice < (filling ? 60 : 25)) {
                take();
            } else if (dice < (filling ? 75 : 35)) {
                node();
            } else if (dice < (filling ? 85 : 70)) {
                free(random.nextInt(4) == 0 ? nodes : grains);
            } else if (dice < 99) {
                unblock(random.nextInt(4) == 0 ? nodes : grains);
            } else {
                punch();
            }
        }

        private void take() throws IOException {
            int want = 1 + random.nextInt(2 * layout.grainsPerSegment());
            SpaceMap.Taken taken;
            try {
                taken = taken(map, open.get(random.nextInt(open.size())), want);
            } catch (NoSpaceException e) {
                assertThat(map.claims.thinGrains()).isZero();
                return;
            }
            assertThat(taken.grains()).isBetween(1, want);
            boolean publish = random.nextInt(8) > 0;
            for (int i = 0; i < taken.grains(); i++) {
                long address = taken.address() + (long) i * layout.grainPages();
                assertThat(layout.segmentOf(address))
                        .isEqualTo(layout.segmentOf(taken.address()))
                        .isPositive();
                assertThat(grains.put(address, publish)).as("free before").isNull();
            }
            if (publish) {
                map.publish(taken.address(), taken.grains());
            } else if (random.nextBoolean()) {
                returned(map, taken);
                for (int i = 0; i < taken.grains(); i++) {
                    grains.remove(taken.address() + (long) i * layout.grainPages());
                }
            }
        }

        private void node() throws IOException {
            try {
                assertThat(nodes.put(map.takeNode(), true)).as("free before").isNull();
            } catch (NoSpaceException e) {
                assertThat(segments(nodes) * layout.nodesPerSegment()).isEqualTo(nodes.size());
            }
        }

        private void free(Map<Long, Boolean> units) {
            pick(units, true)
                    .forEach(
                            address -> {
                                map.free(address);
                                units.put(address, false);
                            });
        }

        private void unblock(Map<Long, Boolean> units) {
            pick(units, false)
                    .forEach(
                            address -> {
                                map.unblock(address);
                                units.remove(address);
                            });
        }

        private List<Long> pick(Map<Long, Boolean> units, boolean used) {
            List<Long> all = new ArrayList<>();
            units.forEach(
                    (a, u) -> {
                        if (u == used) {
                            all.add(a);
                        }
                    });
            all.sort(null);
            int from = all.isEmpty() ? 0 : random.nextInt(all.size());
            return all.subList(from, Math.min(all.size(), from + 1 + random.nextInt(40)));
        }

        private void punch() throws IOException {
            int s = map.beginPunch();
            if (s >= 0) {
                map.endPunch(s, random.nextBoolean());
            }
        }

        private long segments(Map<Long, Boolean> units) {
            return units.keySet().stream().map(layout::segmentOf).distinct().count();
        }

        void compare() {
            SpaceMap.Figures f = map.figures();
            long grainsUsed = grains.values().stream().filter(u -> u).count();
            long nodesUsed = nodes.values().stream().filter(u -> u).count();
            long pending =
                    (grains.size() - grainsUsed) * layout.grainPages() + nodes.size() - nodesUsed;
            assertThat(f.grainsUsed()).isEqualTo(grainsUsed);
            assertThat(f.nodesUsed()).isEqualTo(nodesUsed);
            assertThat(f.pendingPages()).isEqualTo(pending);
            long dataSegments = segments(grains);
            long free = layout.segments() - 1 - dataSegments - segments(nodes);
            long host =
                    (dataSegments + Math.max(0, free - RESERVE)) * layout.grainsPerSegment()
                            - grains.size();
            assertThat(f.thinGrains()).isEqualTo(host);
            assertThat(f.realGrains()).isBetween(0L, host);
            for (int i = 0; i < 200; i++) {
                long address = random.nextLong(layout.segments() * (long) layout.segmentPages());
                long grain = address / layout.grainPages() * layout.grainPages();
                assertThat(map.isUsed(grain, SpaceMap.DATA))
                        .isEqualTo(grains.getOrDefault(grain, false));
                assertThat(map.isUsed(address, SpaceMap.NODE))
                        .isEqualTo(nodes.getOrDefault(address, false));
            }
        }

        /** What a checkpoint stores and an opening reads; what is not used is free then. */
        void reopen() throws IOException {
            List<ByteBuffer> pages = new ArrayList<>();
            for (int p = 0; p < map.pages(); p++) {
                ByteBuffer page = ByteBuffer.allocate(Layout.PAGE_BYTES);
                map.encode(p, page);
                pages.add(page.position(0));
            }
            map = map(layout, RESERVE);
            for (int p = 0; p < pages.size(); p++) {
                map.decode(p, pages.get(p));
            }
            map.loaded();
            assertThat(map.takeDirtyPages().isEmpty()).isTrue();
            grains.values().removeIf(used -> !used);
            nodes.values().removeIf(used -> !used);
            open = openSegments();
        }

        void dropBlocked() {
            map.unblockUnused();
            grains.values().removeIf(used -> !used);
            nodes.values().removeIf(used -> !used);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 12, 4", "2, 12, 6", "3, 14, 7", "4, 16, 7"})
    void behavesAsAPlainModel(long seed, int grainShift, int segmentShift) throws IOException {
        Layout layout = new Layout(grainShift, segmentShift, 11, 96);
        Model m = new Model(seed, layout);
        int full = 0;
        for (int i = 0; i < 4000; i++) {
            m.act(i / 500 % 2 == 0);
            full += m.map.claims.thinGrains() == 0 ? 1 : 0;
            if (i % 37 == 0) {
                m.compare();
            }
            if (i % 401 == 400) {
                m.reopen();
                m.compare();
            }
            if (i % 701 == 700) {
                m.dropBlocked();
                m.compare();
            }
        }
        assertThat(full).as("it was full now and then").isPositive();
    }

    @Test
    void aPageThatSaysTooMuchIsDamage() throws IOException {
        SpaceMap map = map(SMALL, RESERVE);
        SpaceMap.Taken taken = taken(map, new OpenSegment(), 5);
        map.publish(taken.address(), 5);
        ByteBuffer page = ByteBuffer.allocate(Layout.PAGE_BYTES);
        map.encode(0, page);
        page.put(SMALL.segmentOf(taken.address()) * 32 + 4, (byte) 6).position(0);
        assertThatThrownBy(() -> map(SMALL, RESERVE).decode(0, page))
                .isInstanceOf(DamageException.class);
    }

    // Budget ------------------------------------------------------------------------------------

    @Test
    void aTebibyteFilledInARowCostsFewBytesForEachSegment() throws IOException {
        Layout layout = new Layout(12, 10, 24, 262_144);
        SpaceMap map = map(layout, RESERVE);
        // An empty map has nothing to say but that the first segment is reserved.
        assertThat(map.takeDirtyPages().cardinality()).isEqualTo(1);
        OpenSegment open = new OpenSegment();
        long grains = map.claims.thinGrains();
        for (long n = 0; n < grains; ) {
            SpaceMap.Taken t = taken(map, open, 1024);
            map.publish(t.address(), t.grains());
            n += t.grains();
        }
        assertThat(map.claims.thinGrains()).isZero();
        assertThat(map.figures().grainsUsed()).isEqualTo(grains);
        assertThat(map.bytesOfBitmaps()).isLessThan(16 << 20);
        // One grain more or less costs a copy, and no more.
        long before = map.bytesOfBitmaps();
        map.free(layout.firstPage(1000));
        assertThat(map.bytesOfBitmaps() - before).isBetween(100L, 200L);
        assertThat(map.isUsed(layout.firstPage(1000) + 1, SpaceMap.DATA)).isTrue();
        assertThat(map.isUsed(layout.firstPage(1001), SpaceMap.DATA)).isTrue();
        assertThat(map.isUsed(layout.firstPage(1000), SpaceMap.DATA)).isFalse();
    }

    // A full file system ------------------------------------------------------------------------

    @Test
    void nodesTakeTheReservesRealSpaceWhenTheFileSystemIsFullAndDataDoesNot() throws IOException {
        SpaceMap map = map(SMALL, RESERVE);
        map.allocateReserve();
        assertThat(nowhere.allocated).isEqualTo(RESERVE);
        nowhere.room = RESERVE + 2;
        OpenSegment open = new OpenSegment();
        int grains = 0;
        while (grains < 2 * SMALL.grainsPerSegment()) {
            grains += taken(map, open, 100).grains();
        }
        assertThatThrownBy(() -> taken(map, open, 1))
                .isInstanceOf(NoSpaceException.class)
                .hasMessageContaining("no space left on the file system");
        assertThat(map.figures().realGrains()).isZero();
        for (int i = 0; i < RESERVE * SMALL.nodesPerSegment(); i++) {
            map.takeNode();
        }
        assertThatThrownBy(map::takeNode).isInstanceOf(NoSpaceException.class);
        assertThat(map.refillReserve()).isFalse();

        // Space that comes back goes to the reserve first.
        nowhere.room += RESERVE;
        for (int i = 0; i < RESERVE; i++) {
            assertThat(map.refillReserve()).isTrue();
        }
        assertThat(nowhere.allocated).isEqualTo(2 * RESERVE + 2);
        assertThat(map.refillReserve()).isTrue();
        assertThat(nowhere.allocated).isEqualTo(2 * RESERVE + 2);
        assertThatThrownBy(() -> taken(map, open, 1)).isInstanceOf(NoSpaceException.class);
    }

    @Test
    void ensuredNodesCanBeTakenWhateverTheFileSystemSays() throws IOException {
        SpaceMap map = map(SMALL, RESERVE);
        map.allocateReserve();
        map.claims.claimNodes(7);
        int pages = 3 * SMALL.nodesPerSegment();
        assertThat(map.ensureNodes(pages)).isTrue();
        long allocated = nowhere.allocated;
        assertThat(map.ensureNodes(pages)).isTrue();
        assertThat(nowhere.allocated).as("what is there is enough").isEqualTo(allocated);
        nowhere.room = allocated;
        // The reserve was counted: nothing more is to be had.
        assertThat(map.ensureNodes(pages + 2 * SMALL.nodesPerSegment())).isFalse();
        // What data may take, it may; it leaves what was ensured.
        OpenSegment open = new OpenSegment();
        assertThatThrownBy(
                        () -> {
                            while (true) {
                                taken(map, open, 1);
                            }
                        })
                .isInstanceOf(NoSpaceException.class);
        TreeSet<Long> taken = new TreeSet<>();
        for (int i = 0; i < pages + 7; i++) {
            taken.add(map.takeNode());
        }
        assertThat(taken).hasSize(pages + 7);
        assertThat(nowhere.allocated).isEqualTo(allocated);
    }

    // Growth ------------------------------------------------------------------------------------

    @Test
    void newSegmentsAreUsedOnlyWhenASuperblockKnowsOfThem() throws IOException {
        SpaceMap map = map(SMALL, 0);
        OpenSegment open = new OpenSegment();
        fill(map, open);
        BitSet reserved = new BitSet();
        reserved.set(110);
        map.extend(new SpaceMap.Extension(120, reserved, new BitSet(), 2));
        assertThat(map.segments()).isEqualTo(120);
        assertThat(map.growing()).isTrue();
        assertThat(map.claims.thinGrains()).isZero();
        assertThat(map.figures().totalSegments()).isEqualTo(96);
        assertThatThrownBy(() -> taken(map, open, 1)).isInstanceOf(NoSpaceException.class);
        assertThatThrownBy(map::takeNode).isInstanceOf(NoSpaceException.class);

        map.durable(96);
        assertThat(map.growing()).as("that was the checkpoint before").isTrue();
        map.durable(120);
        assertThat(map.growing()).isFalse();
        assertThat(map.reserve()).isEqualTo(2);
        assertThat(map.figures().totalSegments()).isEqualTo(119);
        assertThat(map.claims.thinGrains()).isEqualTo(21L * SMALL.grainsPerSegment());
        fill(map, open);
        for (int s = 96; s < 120; s++) {
            boolean used = map.isUsed(SMALL.firstPage(s), SpaceMap.DATA);
            if (s == 110) {
                assertThat(used).isFalse();
            }
        }
        assertThat(map.figures().grainsUsed()).isEqualTo((95 + 21L) * SMALL.grainsPerSegment());
    }

    private static void fill(SpaceMap map, OpenSegment open) throws IOException {
        while (map.claims.thinGrains() > 0) {
            SpaceMap.Taken t = taken(map, open, 100);
            map.publish(t.address(), t.grains());
        }
    }

    /** As a command does: claims, takes, and gives the rest of the claim back. */
    private static SpaceMap.Taken taken(SpaceMap map, OpenSegment open, int want)
            throws IOException {
        SpaceClaim claim =
                new SpaceClaim(
                        new Budget(false),
                        (int) Math.min(want, Math.max(1, map.claims.thinGrains())),
                        0);
        if (map.claims.claim(claim) != SpaceClaim.Answer.GRANTED) {
            throw new NoSpaceException("not granted");
        }
        try {
            return map.takeGrains(claim, open, claim.grains);
        } finally {
            map.claims.unclaim(claim);
        }
    }

    private static void returned(SpaceMap map, SpaceMap.Taken taken) {
        SpaceClaim claim = new SpaceClaim(new Budget(false), 0, 0);
        map.giveBack(claim, taken.address(), taken.grains());
        map.claims.unclaim(claim);
    }
}
