package io.tidegate.user;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Slows guessing down: after a few failures a user, and a network of guessers (/24, or /64 in
 * IPv6), has to wait, twice as long after each further one. In memory, of limited size; a success
 * frees the user at once, the network when it has been quiet.
 */
final class LoginGuard {

    private static final int FREE_FAILURES = 3;
    private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(15);
    private static final Duration FORGET_AFTER = Duration.ofHours(1);
    private static final int MAX_KEYS = 10_000;

    private record Trouble(int failures, Instant last, Instant blockedUntil) {}

    private final Clock clock;
    private final LinkedHashMap<String, Trouble> troubles =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Trouble> eldest) {
                    return size() > MAX_KEYS;
                }
            };

    LoginGuard(Clock clock) {
        this.clock = clock;
    }

    /** How long this one still has to wait; empty when it may try. */
    synchronized Optional<Duration> wait(String user, InetAddress from) {
        Instant now = clock.instant();
        Instant until = Instant.EPOCH;
        for (String key : new String[] {userKey(user), network(from)}) {
            Trouble trouble = troubles.get(key);
            if (trouble != null && trouble.blockedUntil().isAfter(until)) {
                until = trouble.blockedUntil();
            }
        }
        return until.isAfter(now) ? Optional.of(Duration.between(now, until)) : Optional.empty();
    }

    synchronized void failed(String user, InetAddress from) {
        Instant now = clock.instant();
        for (String key : new String[] {userKey(user), network(from)}) {
            Trouble before = troubles.get(key);
            boolean fresh = before == null || before.last().plus(FORGET_AFTER).isBefore(now);
            int failures = fresh || before == null ? 1 : before.failures() + 1;
            troubles.put(key, new Trouble(failures, now, now.plus(waitAfter(failures))));
        }
    }

    synchronized void succeeded(String user) {
        troubles.remove(userKey(user));
    }

    static Duration waitAfter(int failures) {
        if (failures < FREE_FAILURES) {
            return Duration.ZERO;
        }
        int doublings = Math.min(failures - FREE_FAILURES, 20);
        Duration wait = FIRST_WAIT.multipliedBy(1L << doublings);
        return wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
    }

    private static String userKey(String user) {
        return "user " + (user.length() > 64 ? user.substring(0, 64) : user);
    }

    static String network(InetAddress address) {
        byte[] bytes = address.getAddress();
        int prefix = address instanceof Inet6Address ? 8 : 3;
        return "net " + HexFormat.of().formatHex(Arrays.copyOf(bytes, prefix));
    }
}
