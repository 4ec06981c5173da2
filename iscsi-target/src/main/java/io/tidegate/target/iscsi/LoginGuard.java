package io.tidegate.target.iscsi;

import io.tidegate.iscsi.wire.LoginStatus;
import java.net.InetAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Keeps logins from hurting: caps on connections and on those half-open, and answers to failed
 * authentications that come later each time. Counts how logins end. Safe for concurrent calls.
 */
final class LoginGuard {
    private static final int MAX_REMEMBERED = 4096;
    private static final int FREE_FAILURES = 2;
    private static final Duration FORGET_AFTER = Duration.ofMinutes(5);
    private static final Duration LONGEST_DELAY = Duration.ofSeconds(4);

    private record Failures(int count, Instant last) {}

    private final TargetSettings settings;
    private final Clock clock;
    private final Map<InetAddress, Integer> halfOpen = new HashMap<>();
    private int halfOpenCount; // in all
    private int connections;
    private final AtomicInteger discoveries = new AtomicInteger();
    private final LongAdder logins = new LongAdder();
    private final Map<String, LongAdder> failed = new TreeMap<>();
    private final Map<InetAddress, Failures> failures =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<InetAddress, Failures> eldest) {
                    return size() > MAX_REMEMBERED;
                }
            };

    LoginGuard(TargetSettings settings, Clock clock) {
        this.settings = settings;
        this.clock = clock;
    }

    /**
     * A connection has come; false when it has to be closed at once. One address has at most half
     * of the half-open logins, so that the others still come in beside one that never ends its own.
     */
    synchronized boolean admit(InetAddress from) {
        int most = settings.maxHalfOpenLogins();
        int own = halfOpen.getOrDefault(from, 0);
        if (connections >= settings.maxConnections()
                || halfOpenCount >= most
                || own >= Math.max(1, most / 2)) {
            return false;
        }
        connections++;
        halfOpenCount++;
        halfOpen.put(from, own + 1);
        return true;
    }

    /** An admitted connection's login is over, one way or the other. */
    synchronized void settled(InetAddress from) {
        halfOpenCount--;
        halfOpen.computeIfPresent(from, (address, count) -> count == 1 ? null : count - 1);
    }

    /** An admitted connection is closed. */
    synchronized void left() {
        connections--;
    }

    synchronized int connections() {
        return connections;
    }

    void discovery(int change) {
        discoveries.addAndGet(change);
    }

    int discoveries() {
        return discoveries.get();
    }

    void succeeded(InetAddress from) {
        logins.increment();
        synchronized (failures) {
            failures.remove(from);
        }
    }

    /**
     * A login has failed.
     *
     * @return how long its answer is to be held back
     */
    Duration failed(InetAddress from, LoginStatus status) {
        synchronized (failed) {
            failed.computeIfAbsent(status.name(), s -> new LongAdder()).increment();
        }
        if (status != LoginStatus.AUTHENTICATION_FAILURE) {
            return Duration.ZERO;
        }
        Instant now = clock.instant();
        int count;
        synchronized (failures) {
            Failures before = failures.get(from);
            boolean recent = before != null && before.last.plus(FORGET_AFTER).isAfter(now);
            count = before != null && recent ? before.count + 1 : 1;
            failures.put(from, new Failures(count, now));
        }
        if (count <= FREE_FAILURES) {
            return Duration.ZERO;
        }
        Duration delay = Duration.ofMillis(125L << Math.min(10, count - FREE_FAILURES));
        return delay.compareTo(LONGEST_DELAY) > 0 ? LONGEST_DELAY : delay;
    }

    long logins() {
        return logins.sum();
    }

    Map<String, Long> failures() {
        Map<String, Long> copy = new TreeMap<>();
        synchronized (failed) {
            failed.forEach((status, count) -> copy.put(status, count.sum()));
        }
        return copy;
    }
}
