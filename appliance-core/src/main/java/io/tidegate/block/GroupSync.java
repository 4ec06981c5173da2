package io.tidegate.block;

import java.io.IOException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One sync at a time for all who wait: a caller is answered by a sync that began after it came, and
 * shares it with the others that came meanwhile. A sync that failed is final: the kernel may have
 * dropped what it could not write, and a second one would say "good".
 */
final class GroupSync {

    /** Makes everything written so far durable. */
    interface Sync {
        void run() throws IOException;
    }

    private final Sync sync;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition ended = lock.newCondition();
    private long started;
    private long finished;
    private boolean running;
    private volatile @Nullable IOException failure;

    GroupSync(Sync sync) {
        this.sync = sync;
    }

    /** The first failure, or null; after one nothing is durable any more. */
    @Nullable IOException failure() {
        return failure;
    }

    /**
     * Returns when all that was written before this call is durable.
     *
     * @throws IOException the failure of this or an earlier sync
     */
    void await() throws IOException {
        lock.lock();
        try {
            long mine = started + 1;
            while (finished < mine) {
                IOException broken = failure;
                if (broken != null) {
                    throw broken;
                }
                if (running) {
                    ended.awaitUninterruptibly();
                } else {
                    runOne();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void runOne() {
        long number = ++started;
        running = true;
        lock.unlock();
        IOException broken = null;
        try {
            sync.run();
        } catch (IOException e) {
            broken = e;
        } catch (RuntimeException | Error e) {
            broken = new IOException("the sync did not end", e);
            throw e;
        } finally {
            lock.lock();
            running = false;
            if (broken != null) {
                failure = broken;
            } else {
                finished = number;
            }
            ended.signalAll();
        }
    }
}
