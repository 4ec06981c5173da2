package io.tidegate.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.iscsi.wire.LoginStatus;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Caps on connections and on half-open ones, and what guessing secrets costs. */
class LoginGuardTest {
    private static final LoginStatus WRONG = LoginStatus.AUTHENTICATION_FAILURE;

    private final Hand clock = new Hand();
    private final LoginGuard guard = guard(10, 4);

    private LoginGuard guard(int connections, int halfOpen) {
        TargetSettings d = TargetSettings.DEFAULT;
        return new LoginGuard(
                new TargetSettings(
                        d.loops(),
                        d.ioWorkers(),
                        connections,
                        halfOpen,
                        d.maxSessionsPerHost(),
                        d.maxLoginText(),
                        d.maxReceiveSegment(),
                        d.maxBurst(),
                        d.firstBurst(),
                        d.outstandingR2t(),
                        d.firstWindow(),
                        d.maxWindow(),
                        d.writeBuffers(),
                        d.readBuffers(),
                        d.loginDeadline(),
                        d.keepAlive(),
                        d.keepAliveTimeout(),
                        d.takeOverLimit(),
                        d.logoutGrace(),
                        d.digests()),
                clock);
    }

    private static final class Hand extends Clock {
        private Instant now = Instant.EPOCH;

        void pass(Duration time) {
            now = now.plus(time);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }

    private static InetAddress address(int last) {
        try {
            return InetAddress.getByAddress(
                    new byte[] {(byte) 192, 0, (byte) (last >> 8), (byte) last});
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private List<Long> failures(int from, int count) {
        List<Long> delays = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            delays.add(guard.failed(address(from), WRONG).toMillis());
        }
        return delays;
    }

    @Test
    void eachWrongSecretOfAnAddressIsAnsweredLaterThanTheOneBefore() {
        assertThat(failures(1, 9))
                .containsExactly(0L, 0L, 250L, 500L, 1000L, 2000L, 4000L, 4000L, 4000L);
        assertThat(failures(1, 100)).containsOnly(4000L);
        assertThat(failures(2, 1)).containsExactly(0L); // another address pays nothing for it
        assertThat(guard.failures()).containsEntry(WRONG.name(), 110L);
    }

    @Test
    void aRightSecretAndFiveQuietMinutesAreForgiven() {
        failures(1, 5);
        guard.succeeded(address(1));
        assertThat(failures(1, 3)).containsExactly(0L, 0L, 250L);
        clock.pass(Duration.ofMinutes(5).minusSeconds(1));
        assertThat(failures(1, 1)).containsExactly(500L);
        clock.pass(Duration.ofMinutes(5).plusSeconds(1));
        assertThat(failures(1, 3)).containsExactly(0L, 0L, 250L);
    }

    @Test
    void onlyFailedProofsAreHeldBack() {
        for (LoginStatus status : LoginStatus.values()) {
            for (int i = 0; i < 5 && status != WRONG; i++) {
                assertThat(guard.failed(address(1), status)).isEqualTo(Duration.ZERO);
            }
        }
    }

    @Test
    void onlySoManyAddressesAreRemembered() {
        failures(1, 5);
        for (int i = 2; i < 5000; i++) {
            guard.failed(address(i), WRONG);
        }
        assertThat(failures(1, 1)).containsExactly(0L); // forgotten: memory is bounded
        assertThat(failures(4999, 2)).containsExactly(0L, 250L);
    }

    @Test
    void oneAddressHasHalfOfTheHalfOpenLogins() {
        assertThat(guard.admit(address(1))).isTrue();
        assertThat(guard.admit(address(1))).isTrue();
        assertThat(guard.admit(address(1))).isFalse();
        assertThat(guard.admit(address(2))).isTrue();
        assertThat(guard.admit(address(3))).isTrue();
        assertThat(guard.admit(address(4))).isFalse(); // four in all
        guard.settled(address(1));
        assertThat(guard.admit(address(4))).isTrue();
        guard.settled(address(3));
        assertThat(guard.admit(address(1))).isTrue();
        assertThat(guard.connections()).isEqualTo(6);
    }

    @Test
    void connectionsAreCountedUntilTheyClose() {
        for (int i = 0; i < 10; i++) {
            assertThat(guard.admit(address(i))).isTrue();
            guard.settled(address(i));
        }
        assertThat(guard.admit(address(11))).isFalse();
        guard.left();
        assertThat(guard.admit(address(11))).isTrue();
        assertThat(guard.connections()).isEqualTo(10);
    }

    @Test
    void oneHalfOpenLoginIsAlwaysAllowed() {
        assertThat(guard(5, 1).admit(address(1))).isTrue();
    }
}
