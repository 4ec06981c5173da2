package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Rule W8: somebody is told of a guard that stays open while space waits for it. */
@NullUnmarked
class GuardWatchTest {

    private static final long LIMIT = 10;

    private final Guards guards = new Guards();
    private final GuardWatch watch = new GuardWatch(guards, LIMIT);

    @Test
    void withoutAGuardNothingIsSaid() {
        for (long now = 0; now < 5 * LIMIT; now += LIMIT - 1) {
            guards.advance();
            assertThat(watch.overdue(now)).isFalse();
        }
    }

    @Test
    void aGuardThatNothingWaitsForIsLeftAlone() {
        Guards.Guard guard = guards.enter();
        for (long now = 0; now < 5 * LIMIT; now += LIMIT - 1) {
            assertThat(watch.overdue(now)).isFalse();
        }
        guards.leave(guard);
    }

    @Test
    void aGuardThatStaysIsSaidAgainAndAgain() {
        Guards.Guard guard = guards.enter();
        guards.advance();
        assertThat(watch.overdue(0)).isFalse();
        assertThat(watch.overdue(LIMIT)).isFalse();
        assertThat(watch.overdue(LIMIT + 1)).isTrue();
        assertThat(watch.overdue(2 * LIMIT + 1)).isFalse();
        assertThat(watch.overdue(2 * LIMIT + 2)).isTrue();
        guards.leave(guard);
        assertThat(watch.overdue(9 * LIMIT)).isFalse();
    }

    @Test
    void guardsThatAreLeftInTimeAreNeverSaid() {
        for (long now = 0; now < 9 * LIMIT; now += LIMIT) {
            Guards.Guard guard = guards.enter();
            guards.advance();
            assertThat(watch.overdue(now)).isFalse();
            guards.leave(guard);
        }
    }
}
