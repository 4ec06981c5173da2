package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The table of shared grains against a plain map of two counts for each grain. */
@NullUnmarked
class ShareTableTest {

    /** Grains of 8 KiB, segments of 16 grains, 40 segments. */
    private static final Layout LAYOUT = new Layout(13, 5, 8, 40);

    private static final int SEGMENT = LAYOUT.grainsPerSegment();
    private static final int FIRST = SEGMENT;
    private static final int END = 12 * SEGMENT;
    private static final int MANY = 1 << 20;

    private static long address(int grain) {
        return (long) grain << LAYOUT.grainPageShift();
    }

    /** Refs and held by number of grain. */
    private final Map<Integer, int[]> model = new TreeMap<>();

    private void model(int grain, int refs, int held) {
        int[] counts = model.computeIfAbsent(grain, g -> new int[2]);
        counts[0] += refs;
        counts[1] += held;
    }

    private void equalsModel(ShareTable table, boolean settled) {
        long sum = 0;
        for (int g = FIRST; g < END; g++) {
            int[] counts = model.getOrDefault(g, new int[2]);
            assertThat(table.refs(address(g))).as("refs of grain %s", g).isEqualTo(counts[0]);
            assertThat(table.held(address(g)))
                    .as("grain %s is held", g)
                    .isEqualTo(counts[settled ? 0 : 1] > 0);
            sum += counts[0];
        }
        assertThat(table.sharedGrains()).isEqualTo(sum);
        Map<Long, Integer> refs = new TreeMap<>();
        table.eachRef(refs::put);
        model.forEach(
                (g, counts) ->
                        assertThat(refs.getOrDefault(address(g), 0))
                                .as("refs of grain %s", g)
                                .isEqualTo(counts[0]));
    }

    private static ShareTable copyOf(ShareTable table) throws DamageException {
        ShareTable copy = new ShareTable(LAYOUT, MANY);
        copy.decode(table.encode());
        return copy;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void countsAsAPlainMapDoes(long seed) throws Exception {
        Random random = new Random(seed);
        ShareTable table = new ShareTable(LAYOUT, MANY);
        for (int i = 0; i < 4000; i++) {
            int g = FIRST + random.nextInt(END - FIRST);
            int n = 1 + random.nextInt(Math.min(END - g, SEGMENT - g % SEGMENT));
            switch (random.nextInt(5)) {
                case 0 -> {
                    assertThat(table.share(address(g), n)).isTrue();
                    for (int k = g; k < g + n; k++) {
                        model(k, 1, 1);
                    }
                }
                case 1 -> {
                    int over = Math.min(END - g, n + SEGMENT);
                    table.replayShare(address(g), over);
                    table.unshare(address(g), over);
                }
                default -> {
                    for (int k = g; k < g + n; k++) {
                        dropAndUnhold(table, k, random);
                    }
                }
            }
            if (i % 50 == 0) {
                equalsModel(table, false);
                equalsModel(copyOf(table), true);
                assertThat(copyOf(table).encode()).isEqualTo(table.encode());
            }
        }
        assertThat(table.encode()).isNotEmpty();
        table.settle();
        equalsModel(table, true);
    }

    private void dropAndUnhold(ShareTable table, int grain, Random random) {
        int[] counts = model.getOrDefault(grain, new int[2]);
        assertThat(table.drop(address(grain))).isEqualTo(counts[0] > 0);
        if (counts[0] > 0) {
            model(grain, -1, 0);
        }
        counts = model.getOrDefault(grain, new int[2]);
        if (counts[1] > counts[0] && random.nextBoolean()) {
            table.unhold(address(grain));
            model(grain, 0, -1);
        }
    }

    @Test
    void neighboursWithEqualCountsAreOneRunAlsoOverTheEndOfASegment() throws Exception {
        ShareTable table = new ShareTable(LAYOUT, MANY);
        for (int g = FIRST; g < END; g += SEGMENT / 4) {
            assertThat(table.share(address(g), SEGMENT / 4)).isTrue();
        }
        assertThat(table.encode()).hasSize(ShareTable.RUN_BYTES);
        assertThat(table.drop(address(FIRST + SEGMENT + 3))).isTrue();
        assertThat(table.encode()).hasSize(2 * ShareTable.RUN_BYTES);
        assertThat(copyOf(table).sharedGrains()).isEqualTo(END - FIRST - 1);
    }

    @Test
    void aFullTableTakesNothingNewButLosesAndReplays() {
        ShareTable table = new ShareTable(LAYOUT, 4);
        assertThat(table.share(address(FIRST), 1)).isTrue();
        assertThat(table.share(address(FIRST + 2), 1)).isTrue();
        assertThat(table.share(address(FIRST + 4), 3)).isTrue();
        assertThat(table.share(address(FIRST + 8), 1)).isFalse();
        assertThat(table.held(address(FIRST + 8))).isFalse();
        assertThat(table.drop(address(FIRST + 5))).isTrue();
        table.unhold(address(FIRST + 5));
        table.replayShare(address(FIRST + 8), 1);
        assertThat(table.refs(address(FIRST + 8))).isEqualTo(1);
        assertThat(table.sharedGrains()).isEqualTo(5);
    }

    @Test
    void aSegmentCountsAsSharedLatelyUntilACheckpointThatDoesNotKnowIt() {
        ShareTable table = new ShareTable(LAYOUT, MANY);
        long a = address(FIRST + 3);
        assertThat(table.sharedLately(a)).isFalse();
        table.share(a, 1);
        assertThat(table.sharedLately(address(FIRST))).isTrue();
        assertThat(table.sharedLately(address(FIRST + SEGMENT))).isFalse();
        List<ShareTable.Quiet> shared = table.cut();
        table.drop(a);
        table.unhold(a);
        table.durable(shared);
        assertThat(table.sharedLately(a)).isTrue();
        // Shared between the cut and its end: the next replay begins before that.
        List<ShareTable.Quiet> quiet = table.cut();
        table.share(a, 1);
        table.drop(a);
        table.unhold(a);
        table.durable(quiet);
        assertThat(table.sharedLately(a)).isTrue();
        table.durable(table.cut());
        assertThat(table.sharedLately(a)).isFalse();
    }

    @Test
    void whatIsNotHeldCannotBeLetGo() {
        ShareTable table = new ShareTable(LAYOUT, MANY);
        table.share(address(FIRST), 1);
        assertThatThrownBy(() -> table.unhold(address(FIRST)))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> table.unshare(address(FIRST + 1), 1))
                .isInstanceOf(IllegalStateException.class);
        assertThat(table.drop(address(FIRST + 1))).isFalse();
    }

    private static byte[] runs(long... words) {
        ByteBuffer b =
                ByteBuffer.allocate(words.length / 3 * ShareTable.RUN_BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < words.length; i += 3) {
            b.putLong(words[i]).putInt((int) words[i + 1]).putInt((int) words[i + 2]);
        }
        return b.array();
    }

    @Test
    void hostileBytesAreDamage() throws Exception {
        long a = address(FIRST);
        int all = (LAYOUT.segments() - 1) * SEGMENT;
        new ShareTable(LAYOUT, MANY).decode(runs(a, all, Integer.MAX_VALUE));
        List<byte[]> hostile =
                List.of(
                        new byte[15],
                        runs(0, 1, 1),
                        runs(-2, 1, 1),
                        runs(a - 2, 1, 1),
                        runs(a + 1, 1, 1),
                        runs(a, 0, 1),
                        runs(a, -1, 1),
                        runs(a, all + 1, 1),
                        runs(a, Integer.MAX_VALUE, 1),
                        runs(Long.MAX_VALUE - 1, 1, 1),
                        runs(address(all + SEGMENT), 1, 1),
                        runs(a, 1, 0),
                        runs(a, 1, -1),
                        runs(a, 2, 1, a + 2, 1, 1),
                        runs(a + 4, 1, 1, a, 1, 1));
        for (byte[] bytes : hostile) {
            assertThatThrownBy(() -> new ShareTable(LAYOUT, MANY).decode(bytes))
                    .isInstanceOf(DamageException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {7, 8})
    void randomBytesAreATableOrDamage(long seed) throws Exception {
        Random random = new Random(seed);
        int damaged = 0;
        for (int i = 0; i < 2000; i++) {
            ShareTable table = new ShareTable(LAYOUT, MANY);
            table.replayShare(address(FIRST + random.nextInt(100)), 1 + random.nextInt(60));
            table.replayShare(address(FIRST + random.nextInt(100)), 1 + random.nextInt(60));
            byte[] bytes = table.encode();
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            try {
                ShareTable read = new ShareTable(LAYOUT, MANY);
                read.decode(bytes);
                assertThat(copyOf(read).sharedGrains()).isEqualTo(read.sharedGrains());
            } catch (DamageException e) {
                damaged++;
            }
        }
        assertThat(damaged).isBetween(100, 1999);
    }
}
