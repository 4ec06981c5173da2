package io.tidegate.pool;

import java.nio.file.Path;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random acts against a plain map; the seed is the test's parameter. */
@NullUnmarked
class PoolModelTest {

    private static final int ACTS = Integer.getInteger("pool.model.acts", 1200);

    @TempDir Path tokens;

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void everyReadAndDifferenceIsAsTheModelSays(long seed) throws Exception {
        PoolHarness h = new PoolHarness(seed, tokens);
        for (int i = 0; i < ACTS; i++) {
            h.act();
            if (i % 97 == 0) {
                h.verify();
            }
            if (i % 301 == 300) {
                h.pool.close();
                h.open(h.boot);
                h.verify();
            }
        }
        h.background();
        h.verify();
        h.pool.close();
    }
}
