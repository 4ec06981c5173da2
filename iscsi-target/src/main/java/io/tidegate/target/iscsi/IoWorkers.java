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
 * <p>Work comes in batches. A thread that takes some of it wakes one more if any is left.
 */
final class IoWorkers implements AutoCloseable {
    /** Quick jobs that one thread takes at a time. */
    private static final int QUICK_BATCH = 8;

    /** Something to do for a unit. */
    interface Job {
        LogicalUnit unit();

        /** Whether it probably ends at once (a write to the page cache); such go several a turn. */
        boolean quick();

        /** Does it; throws nothing. */
        void perform();
    }

    private static final class Lane {
        final Queue<Job> jobs = new ArrayDeque<>();
        int active;
        boolean listed; // in ready
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
                lane.jobs.add(job);
                list(lane);
            }
            if (idle > 0) {
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
                    unit, (u, lane) -> lane.active == 0 && lane.jobs.isEmpty() ? null : lane);
        } finally {
            lock.unlock();
        }
    }

    private void list(Lane lane) {
        if (!lane.listed && !lane.jobs.isEmpty() && lane.active < perUnit) {
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
            for (Job job : batch) {
                job.perform();
            }
            batch.clear();
            lock.lock();
            try {
                lane.active--;
                list(lane);
            } finally {
                lock.unlock();
            }
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
            Job job = lane.jobs.remove();
            batch.add(job);
            while (job.quick() && batch.size() < QUICK_BATCH) {
                Job next = lane.jobs.peek();
                if (next == null || !next.quick()) {
                    break;
                }
                batch.add(lane.jobs.remove());
            }
            list(lane);
            if (!ready.isEmpty() && idle > 0) {
                work.signal();
            }
            return lane;
        } finally {
            lock.unlock();
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
