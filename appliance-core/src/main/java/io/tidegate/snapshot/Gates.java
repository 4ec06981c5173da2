package io.tidegate.snapshot;

import io.tidegate.catalog.ServiceException;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LogicalUnitId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One key for the gate of each logical unit. Whoever closes gates holds the keys, taken in the
 * order of the units' ids, so that nobody opens a gate that another one closed, and two sets with
 * common members do not lock each other.
 */
public final class Gates {

    /** Longest time that hosts' commands are held back. */
    public static final Duration LIMIT = Duration.ofSeconds(10);

    private static final Duration WAIT = Duration.ofSeconds(30);

    private final Map<LogicalUnitId, ReentrantLock> keys = new ConcurrentHashMap<>();

    /** Keys in hand; of the thread that took them. */
    public static final class Keys implements AutoCloseable {
        private final List<ReentrantLock> held = new ArrayList<>();

        private Keys() {}

        @Override
        public void close() {
            for (ReentrantLock key : held.reversed()) {
                key.unlock();
            }
            held.clear();
        }
    }

    /** In the order in which gates are closed. */
    public static List<LogicalUnit> inOrder(Collection<LogicalUnit> units) {
        return units.stream()
                .sorted(Comparator.comparing((LogicalUnit unit) -> unit.id().value()))
                .toList();
    }

    /**
     * Takes the keys of these units; the gates themselves stay as they are.
     *
     * @throws ServiceException somebody else keeps one for too long
     */
    public Keys take(Collection<LogicalUnit> units) throws ServiceException {
        Keys keys = new Keys();
        boolean all = false;
        try {
            for (LogicalUnit unit : inOrder(units)) {
                ReentrantLock key = this.keys.computeIfAbsent(unit.id(), id -> new ReentrantLock());
                if (!lock(key)) {
                    throw ServiceException.busy(
                            "the gate of " + unit.name() + " cannot be closed",
                            "another snapshot set, promotion or recovery holds it",
                            "job list --active");
                }
                keys.held.add(key);
            }
            all = true;
            return keys;
        } finally {
            if (!all) {
                keys.close();
            }
        }
    }

    private static boolean lock(ReentrantLock key) {
        long deadline = System.nanoTime() + WAIT.toNanos();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return key.tryLock(
                            Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
