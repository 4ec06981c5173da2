package io.tidegate.pool;

import java.nio.file.Path;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many small pools, each with its own crashes; see {@link SeedRun}. */
@NullUnmarked
class PoolSeedsTest {

    private static final long FROM = Long.getLong("pool.seeds.from", 1);
    private static final long SEEDS = Long.getLong("pool.seeds", 10_000);

    @TempDir Path tokens;

    /** Runs seeds on all cores until one fails. */
    private ConcurrentSkipListMap<Long, AssertionError> run(
            long from, long count, Supplier<Rules> rules) {
        ConcurrentSkipListMap<Long, AssertionError> failed = new ConcurrentSkipListMap<>();
        LongStream.range(from, from + count)
                .parallel()
                .forEach(
                        seed -> {
                            if (failed.isEmpty()) {
                                try {
                                    SeedRun.run(seed, tokens, rules.get());
                                } catch (AssertionError e) {
                                    failed.put(seed, e);
                                }
                            }
                        });
        return failed;
    }

    @Test
    void everySeedComesBackWithWhatWasPromised() {
        var failed = run(FROM, SEEDS, PoolHarness.Quiet::new);
        if (!failed.isEmpty()) {
            throw failed.firstEntry().getValue();
        }
    }
}
