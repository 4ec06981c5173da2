package io.tidegate.target.iscsi;

import io.tidegate.presentation.LogicalUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Platform threads for device calls that block. They are never interrupted, since an interrupt
 * would close a file for everyone. Units take turns, and one unit never has all threads: two are
 * left for the others, so that a hung device stops only its own hosts.
 *
 * <p>Quick jobs (writes that end in the page cache) of one unit go to one thread at a time, many a
 * turn: side by side they would only wait for each other's file lock and wake threads for nothing.
 * When a turn of them proves slow, or takes long, more threads take part.
 */
final class IoWorkers implements AutoCloseable {
    /** Quick jobs that one thread takes at a time. */
    private static final int QUICK_BATCH = 32;

    /** Results that are handed back together. */
    private static final int ANNOUNCED = 8;

    /** A quick job that takes longer than this was none. */
    private static final long SLOW_NANOS = 300_000;

    /** A turn of quick jobs that is not over by now is held up. */
    private static final long HELD_UP_NANOS = 2_000_000;

    /** Something to do for a unit. */
    interface Job {
        LogicalUnit unit();

        /** Whether it probably ends at once. */
        boolean quick();

        /** Does it; throws nothing. */
        void perform();

        /** Whom the result goes to; the same for all jobs of one loop. */
        Object owner();

        /** Has the owner take up what was performed. */
        void announce();
    }

    private static final class Lane {
        final Queue<Job> quick = new ArrayDeque<>();
        final Queue<Job> others = new ArrayDeque<>();
        int active;
        int quickActive;
        long quickSince;
        boolean slow;
        boolean listed; // in ready
        boolean quickNext; // the kinds take turns

        boolean isEmpty() {
            return quick.isEmpty() && others.isEmpty();
        }

        /** Whether one more thread may take quick jobs. */
        boolean mayQuick() {
            return !quick.isEmpty()
                    && (quickActive == 0
                            || slow
                            || System.nanoTime() - quickSince >= HELD_UP_NANOS);
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Map<LogicalUnit, Lane> lanes = new HashMap<>();
    private final Queue<Lane> ready = new ArrayDeque<>();
    private final List<Thread> threads = new ArrayList<>();
    private final int perUnit;
    private int idle;
    private boolean closed;

    IoWorkers(int count) {
        perUnit = Math.max(1, count - 2);
        for (int i = 0; i < count; i++) {
            threads.add(Thread.ofPlatform().name("target-io-" + i).daemon().start(this::loop));
        }
    }

    /** Queues jobs in their order; those of one unit may still run side by side. */
    void submit(List<? extends Job> jobs) {
        lock.lock();
        try {
            for (Job job : jobs) {
                Lane lane = lanes.computeIfAbsent(job.unit(), u -> new Lane());
                (job.quick() ? lane.quick : lane.others).add(job);
                list(lane);
            }
            if (idle > 0 && !ready.isEmpty()) {
                work.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Forgets the queue of a unit that is gone; does nothing while it has work. */
    void forget(LogicalUnit unit) {
        lock.lock();
        try {
            lanes.computeIfPresent(
                    unit, (u, lane) -> lane.active == 0 && lane.isEmpty() ? null : lane);
        } finally {
            lock.unlock();
        }
    }

    /** Offers a lane to the threads when one more may work on it. */
    private void list(Lane lane) {
        if (!lane.listed && lane.active < perUnit && (!lane.others.isEmpty() || lane.mayQuick())) {
            lane.listed = true;
            ready.add(lane);
        }
    }

    private void loop() {
        List<Job> batch = new ArrayList<>(QUICK_BATCH);
        while (true) {
            Lane lane = take(batch);
            if (lane == null) {
                return;
            }
            boolean quick = batch.getFirst().quick();
            long began = System.nanoTime();
            perform(batch);
            boolean slow = System.nanoTime() - began > SLOW_NANOS * batch.size();
            batch.clear();
            lock.lock();
            try {
                lane.active--;
                if (quick) {
                    lane.quickActive--;
                    lane.slow = slow;
                }
                list(lane);
            } finally {
                lock.unlock();
            }
        }
    }

    /** Results go back in groups, so that a loop is not woken for each. */
    private static void perform(List<Job> batch) {
        Job last = null;
        int unannounced = 0;
        for (Job job : batch) {
            if (last != null && last.owner() != job.owner()) {
                last.announce();
                unannounced = 0;
            }
            job.perform();
            last = job;
            if (++unannounced == ANNOUNCED) {
                job.announce();
                unannounced = 0;
            }
        }
        if (last != null && unannounced > 0) {
            last.announce();
        }
    }

    private @Nullable Lane take(List<Job> batch) {
        lock.lock();
        try {
            Lane lane = ready.poll();
            while (lane == null) {
                if (closed) {
                    return null;
                }
                idle++;
                work.awaitUninterruptibly();
                idle--;
                lane = ready.poll();
            }
            lane.listed = false;
            lane.active++;
            fill(lane, batch);
            list(lane);
            if (!ready.isEmpty() && idle > 0) {
                work.signal();
            }
            return lane;
        } finally {
            lock.unlock();
        }
    }

    /** One job, or as many quick ones as go in a turn. */
    private static void fill(Lane lane, List<Job> batch) {
        boolean quick = lane.others.isEmpty() || lane.quickNext && lane.mayQuick();
        lane.quickNext = !quick;
        if (!quick) {
            batch.add(lane.others.remove());
            return;
        }
        lane.quickActive++;
        lane.quickSince = System.nanoTime();
        int most = lane.slow ? 1 : QUICK_BATCH;
        while (batch.size() < most && !lane.quick.isEmpty()) {
            batch.add(lane.quick.remove());
        }
    }

    /** Lets the threads end when the queues are empty; does not wait for a device that hangs. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            work.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
