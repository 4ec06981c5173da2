package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Many small pools, each with its own crashes; see {@link SeedRun}. */
@NullUnmarked
class PoolSeedsTest {

    private static final long FROM = Long.getLong("pool.seeds.from", 1);
    private static final long SEEDS = Long.getLong("pool.seeds", 10_000);

    private static final long MOST_FOR_A_BROKEN_RULE = 2_000;

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

    /** Rules that one thread can break; the others have tests of their own. */
    private enum Broken {
        A_CHECKPOINT_IS_NOT_SYNCED {
            @Override
            Rules rules() {
                return new PoolHarness.Quiet() {
                    @Override
                    boolean syncBeforeSuperblock() {
                        return false;
                    }
                };
            }
        },
        A_WRITE_IS_ANSWERED_BEFORE_ITS_RECORD {
            @Override
            Rules rules() {
                return new PoolHarness.Quiet() {
                    @Override
                    boolean answersWhenWritten() {
                        return false;
                    }
                };
            }
        },
        THE_LOG_IS_BELIEVED_WITHOUT_A_TOKEN {
            @Override
            Rules rules() {
                return new PoolHarness.Quiet() {
                    @Override
                    boolean tokenNeeded() {
                        return false;
                    }
                };
            }
        },
        RECOVERY_DOES_NOT_SYNC {
            @Override
            Rules rules() {
                return new PoolHarness.Quiet() {
                    @Override
                    boolean recoverySyncsFirst() {
                        return false;
                    }
                };
            }
        },
        THE_CHAIN_OF_THE_LOG_IS_NOT_CHECKED {
            @Override
            Rules rules() {
                return new PoolHarness.Quiet() {
                    @Override
                    boolean chainChecked() {
                        return false;
                    }
                };
            }
        },
        A_NEW_FILE_S_NAME_IS_NOT_SYNCED {
            @Override
            Rules rules() {
                return new PoolHarness.Quiet() {
                    @Override
                    boolean namesSynced() {
                        return false;
                    }
                };
            }
        },
        BOOKMARKS_DO_NOT_COUNT {
            @Override
            Rules rules() {
                return new PoolHarness.Quiet() {
                    @Override
                    int horizon(Volume v) {
                        return v.frozenEpoch();
                    }
                };
            }
        };

        abstract Rules rules();
    }

    @ParameterizedTest
    @EnumSource
    void aBrokenRuleIsFound(Broken rule) {
        var failed = run(1, MOST_FOR_A_BROKEN_RULE, rule::rules);
        assertThat(failed).as("seeds that notice %s", rule).isNotEmpty();
        System.out.println(rule + " is noticed by seed " + failed.firstKey());
    }

    @Test
    void everySeedComesBackWithWhatWasPromised() {
        var failed = run(FROM, SEEDS, PoolHarness.Quiet::new);
        if (!failed.isEmpty()) {
            throw failed.firstEntry().getValue();
        }
    }
}
