package io.tidegate.pool;

import java.io.IOException;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether the pool takes writes. Once it does not, only a reopening changes that. */
final class Health {

    private static final Logger LOG = LoggerFactory.getLogger(Health.class);

    private final String pool;
    private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();
    private volatile @Nullable String readOnly;

    Health(String pool) {
        this.pool = pool;
    }

    /** Runs before a failure can be seen by anyone. */
    void beforeFailing(Runnable action) {
        listeners.add(action);
    }

    /**
     * A sync failed, or the log cannot be written, or the structures in memory are not to be
     * trusted. What is not durable yet may be lost (barrier rule 6).
     */
    synchronized void fail(String reason, Throwable cause) {
        if (readOnly == null) {
            LOG.error("pool {} takes no more writes: {}", pool, reason, cause);
            listeners.forEach(Runnable::run);
            readOnly = reason;
        }
    }

    /** Opened for reading, until the operator acknowledges. */
    synchronized void readOnly(String reason) {
        LOG.warn("pool {} is open for reading only: {}", pool, reason);
        readOnly = reason;
    }

    /** Something that must not happen after a failure. */
    interface Step {
        void run() throws IOException;
    }

    /**
     * Runs a short step that no failure can overtake.
     *
     * @return false, with nothing done, when the pool takes no writes any more
     */
    synchronized boolean whileWritable(Step step) throws IOException {
        if (readOnly != null) {
            return false;
        }
        step.run();
        return true;
    }

    @Nullable String readOnlyReason() {
        return readOnly;
    }

    boolean writable() {
        return readOnly == null;
    }
}
