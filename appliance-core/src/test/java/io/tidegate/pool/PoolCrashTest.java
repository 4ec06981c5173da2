package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Stops at writes and syncs, one after another, and looks at what is left: after a loss of power
 * each sector is old or new since the last flush, what was flushed is new, an act happened whole or
 * not at all, and each grain and node is free or has one owner. After a kill nothing is missing.
 */
@NullUnmarked
class PoolCrashTest {

    /** Acts before the stop; every operation of the last ones is a stop of its own. */
    private static final int LEAD = 40;

    private static final int ACTS = Integer.getInteger("pool.crash.acts", 35);

    @TempDir Path tokens;

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void powerLossAtEveryOperation(long seed) throws Exception {
        long stops = 1;
        for (long stop = 0; stop < stops; stop++) {
            PoolHarness h = lead(seed);
            stops = run(h, stop);
            Random random = new Random(seed * 1_000_003 + stop);
            h.abandon();
            h.files = h.files.afterPowerLoss(random);
            reopen(h, UUID.randomUUID());
        }
        assertThat(stops).as("every stop was reached").isGreaterThan(50);
    }

    @ParameterizedTest
    @ValueSource(longs = {4})
    void killAtEveryOperation(long seed) throws Exception {
        long stops = 1;
        for (long stop = 0; stop < stops; stop++) {
            PoolHarness h = lead(seed);
            // What was acknowledged must be there, flushed or not.
            stops = run(h, stop);
            h.files = h.files.afterKill();
            BootToken token = h.token();
            h.abandon();
            token.make();
            h.volumes.values().forEach(ModelVolume::onlyTheLastActIsOpen);
            reopen(h, h.boot);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {6})
    void aSecondCrashDuringRecoveryChangesNothing(long seed) throws Exception {
        Random random = new Random(seed);
        PoolHarness first = lead(seed);
        long stops = run(first, Long.MAX_VALUE);
        first.abandon();
        for (int round = 0; round < 25; round++) {
            PoolHarness h = lead(seed);
            run(h, random.nextLong(stops));
            boolean kill = random.nextBoolean();
            h.files = kill ? h.files.afterKill() : h.files.afterPowerLoss(random);
            BootToken token = h.token();
            h.abandon();
            if (kill) {
                token.make();
            }
            // Recovery is cut off a few times, by a kill or by a loss of power, then may end.
            for (int cut = 0; cut < 3; cut++) {
                h.files.stopAfter(random.nextInt(40));
                UUID boot = kill ? h.boot : UUID.randomUUID();
                try {
                    h.open(boot);
                    h.pool.core().maintenance.stop();
                } catch (io.tidegate.volume.StoreException e) {
                    assertThat(e.kind()).isEqualTo(io.tidegate.volume.StoreException.Kind.IO);
                }
                if (kill && random.nextBoolean()) {
                    h.files = h.files.afterKill();
                    token.make();
                } else {
                    kill = false;
                    h.files = h.files.afterPowerLoss(random);
                }
            }
            reopen(h, kill ? h.boot : UUID.randomUUID());
        }
    }

    @Test
    void goesOnAfterManyCrashes() throws Exception {
        PoolHarness h = new PoolHarness(77, tokens);
        Random random = new Random(77);
        for (int round = 0; round < 30; round++) {
            run(h, 20 + random.nextInt(150), 200);
            h.abandon();
            h.files = h.files.afterPowerLoss(random);
            h.open(UUID.randomUUID());
            h.settle();
        }
        h.background();
        h.verify();
    }

    private PoolHarness lead(long seed) throws Exception {
        PoolHarness h = new PoolHarness(seed, tokens);
        for (int i = 0; i < LEAD; i++) {
            h.act();
        }
        return h;
    }

    /** Acts until the stop; the number of operations if there was none. */
    private static long run(PoolHarness h, long stop) {
        return run(h, stop, ACTS);
    }

    private static long run(PoolHarness h, long stop, int acts) {
        h.files.stopAfter(stop);
        try {
            for (int i = 0; i < acts; i++) {
                h.act();
            }
            return h.files.operations();
        } catch (Exception e) {
            assertThat(h.files.stopped()).as("only the stop makes acts fail: %s", e).isTrue();
            return Long.MAX_VALUE;
        }
    }

    private static void reopen(PoolHarness h, UUID boot) throws Exception {
        h.open(boot);
        h.settle();
        for (int i = 0; i < 5; i++) {
            h.act();
        }
        h.background();
        h.verify();
        h.pool.close();
    }
}
