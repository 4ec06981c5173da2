package io.tidegate.snapshot;

import io.tidegate.block.OwnInterrupt;
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
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes the gates of logical units, so that hosts' commands wait.
 *
 * <p>There is one key for each unit's gate. Whoever closes it holds the key, and keys are taken in
 * the order of the units' ids: nobody opens a gate that another one closed, and two sets with
 * common members do not lock each other. A timer opens the gates after {@link #limit}, whatever the
 * thread that closed them does, unless it was disarmed.
 */
public final class Gates {

    /** Longest time that hosts' commands are held back; they time out after about 30 s. */
    public static final Duration LIMIT = Duration.ofSeconds(10);

    private static final Logger log = LoggerFactory.getLogger(Gates.class);
    private static final Duration WAIT = Duration.ofSeconds(30);

    private final Map<LogicalUnitId, ReentrantLock> keys = new ConcurrentHashMap<>();
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().name("gate-timer").daemon().factory());
    private final Duration limit;

    public Gates() {
        this(LIMIT);
    }

    /**
     * @param limit how long gates stay closed at most
     */
    public Gates(Duration limit) {
        this.limit = limit;
    }

    public Duration limit() {
        return limit;
    }

    /**
     * Takes the keys of these units and closes their gates. Units that are held stay held.
     *
     * @return the closed gates, for the calling thread only: close it to open them
     * @throws ServiceException somebody else keeps a key for too long: no gate is closed
     */
    public Closed close(Collection<LogicalUnit> units) throws ServiceException {
        List<LogicalUnit> ordered =
                units.stream()
                        .sorted(Comparator.comparing((LogicalUnit unit) -> unit.id().value()))
                        .toList();
        List<ReentrantLock> taken = take(ordered);
        return new Closed(ordered, taken);
    }

    private List<ReentrantLock> take(List<LogicalUnit> ordered) throws ServiceException {
        List<ReentrantLock> taken = new ArrayList<>();
        for (LogicalUnit unit : ordered) {
            ReentrantLock key = keys.computeIfAbsent(unit.id(), id -> new ReentrantLock());
            if (!lock(key)) {
                taken.reversed().forEach(ReentrantLock::unlock);
                throw ServiceException.busy(
                        "the gate of " + unit.name() + " cannot be closed",
                        "another snapshot set, promotion or recovery holds it",
                        "job list --active");
            }
            taken.add(key);
        }
        return taken;
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
                OwnInterrupt.keep();
            }
        }
    }

    /** Gates that were closed together. */
    public final class Closed implements AutoCloseable {

        private final List<LogicalUnit> units;
        private final List<ReentrantLock> held;
        private final long closedNanos = System.nanoTime();
        private boolean armed = true; // guarded by this
        private boolean expired; // guarded by this
        private boolean over; // guarded by this

        private Closed(List<LogicalUnit> units, List<ReentrantLock> held) {
            this.units = units;
            this.held = held;
            units.forEach(LogicalUnit::closeGate);
            timer.schedule(this::expire, limit.toNanos(), TimeUnit.NANOSECONDS);
        }

        /** What is left of the time that the gates may be closed; zero when it is over. */
        public Duration left() {
            long left = limit.toNanos() - (System.nanoTime() - closedNanos);
            return Duration.ofNanos(Math.max(0, left));
        }

        /** When the gates were closed, on the clock of {@link System#nanoTime}. */
        public long closedNanos() {
            return closedNanos;
        }

        /**
         * Waits until every command that entered has exited.
         *
         * @return false when some are still inside after the time
         */
        public boolean awaitDrained(Duration atMost) {
            long deadline = System.nanoTime() + atMost.toNanos();
            for (LogicalUnit unit : units) {
                long nanos = Math.max(0, deadline - System.nanoTime());
                try {
                    if (!unit.awaitDrained(Duration.ofNanos(nanos))) {
                        return false;
                    }
                } catch (InterruptedException e) {
                    OwnInterrupt.keep();
                    return false; // as if it took too long: the caller gives up
                }
            }
            return true;
        }

        /** Whether the timer has opened the gates. */
        public synchronized boolean expired() {
            return expired;
        }

        /**
         * Stops the timer: from here on the caller alone says when the gates open.
         *
         * @return false when it was too late and they are open again
         */
        public synchronized boolean disarm() {
            armed = false;
            return !expired;
        }

        /**
         * From now on {@link #close} leaves the gates as they are; it still gives the keys back.
         */
        public synchronized void leaveClosed() {
            armed = false;
            over = true;
        }

        private synchronized void expire() {
            if (armed && !over) {
                expired = true;
                log.warn(
                        "gates of {} were closed for {} and are opened by the timer", units, limit);
                open();
            }
        }

        private void open() {
            over = true;
            for (LogicalUnit unit : units.reversed()) {
                if (unit.state() == LogicalUnit.State.GATED) {
                    unit.open();
                }
            }
        }

        /** Opens what is still closed, as it was, and gives the keys back. */
        @Override
        public void close() {
            synchronized (this) {
                if (!over) {
                    open();
                }
            }
            held.reversed().forEach(ReentrantLock::unlock);
            held.clear();
        }
    }
}
