package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Random;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs of bits against the JDK's. */
@NullUnmarked
class BitsTest {

    private static final int WORDS = 16;

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void runsAreAsInABitSet(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 2000; round++) {
            long[] bits = new long[WORDS];
            BitSet expected = new BitSet();
            for (int n = random.nextInt(6); n >= 0; n--) {
                int from = random.nextInt(WORDS * 64);
                int end = from + random.nextInt(WORDS * 64 + 1 - from);
                Bits.setRun(bits, from, end);
                expected.set(from, end);
                int hole = random.nextInt(WORDS * 64);
                Bits.clear(bits, hole);
                expected.clear(hole);
            }
            assertThat(BitSet.valueOf(bits)).isEqualTo(expected);
            assertThat(Bits.count(bits)).isEqualTo(expected.cardinality());
            int end = random.nextInt(WORDS * 64 + 1);
            int from = end == 0 ? 0 : random.nextInt(end);
            int set = expected.nextSetBit(from);
            assertThat(Bits.nextSet(bits, from, end)).isEqualTo(set < 0 ? end : Math.min(set, end));
            assertThat(Bits.nextClear(bits, from, end))
                    .isEqualTo(Math.min(expected.nextClearBit(from), end));
        }
    }
}
