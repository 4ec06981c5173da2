package io.tidegate.pool;

import java.io.IOException;
import java.util.StringJoiner;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the pool takes writes, and what does not work at present.
 *
 * <pre>
 *   well  --a write fails-->  trouble  --the same kind of write succeeds-->  well
 *     any --a sync fails-->   read-only, until a reopening
 * </pre>
 */
final class Health {

    private static final Logger LOG = LoggerFactory.getLogger(Health.class);

    /** What may be in trouble by itself. */
    enum Part {
        DATA("data cannot be written"),
        SPACE("no more space can be had from the file system"),
        LOG("the log cannot be written"),
        CHECKPOINT("no checkpoint can be made"),
        BACKGROUND("background work stands still");

        private final String text;

        Part(String text) {
            this.text = text;
        }
    }

    private final String pool;
    private final Rules rules;
    private final CopyOnWriteArrayList<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final AtomicReferenceArray<@Nullable String> troubles =
            new AtomicReferenceArray<>(Part.values().length);
    private volatile @Nullable String readOnly;

    Health(String pool, Rules rules) {
        this.pool = pool;
        this.rules = rules;
    }

    /** Runs before a failure can be seen by anyone. */
    void beforeFailing(Runnable action) {
        listeners.add(action);
    }

    /**
     * A sync failed, or the structures in memory are not to be trusted. What is not durable yet may
     * be lost (barrier rule 6).
     */
    synchronized void fail(String reason, Throwable cause) {
        if (readOnly == null) {
            LOG.error("pool {} takes no more writes: {}", pool, reason, cause);
            listeners.forEach(Runnable::run);
            readOnly = reason;
        }
    }

    /** Fails if that was a sync; called before whoever waits for it is answered. */
    void noticed(IOException e) {
        if (e instanceof SyncFailure && rules.failedSyncIsFinal()) {
            fail(String.valueOf(e.getMessage()), e);
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

    // What passes -------------------------------------------------------------------------------

    /** Something does not work; said once in the log, until it works again. */
    void trouble(Part part, Throwable cause) {
        noticedIn(cause);
        String text = part.text + ": " + cause.getMessage();
        if (troubles.getAndSet(part.ordinal(), text) == null) {
            LOG.error("pool {}: {}; it goes on when the fault ends", pool, text, cause);
        }
    }

    private void noticedIn(Throwable cause) {
        if (cause instanceof IOException e) {
            noticed(e);
        }
    }

    /** Something works; cheap while there is no trouble. */
    void well(Part part) {
        if (troubles.get(part.ordinal()) != null
                && troubles.getAndSet(part.ordinal(), null) != null) {
            LOG.info("pool {}: no more trouble of the kind: {}", pool, part.text);
        }
    }

    boolean inTrouble(Part part) {
        return troubles.get(part.ordinal()) != null;
    }

    /** What does not work now, null when all is well. */
    @Nullable String trouble() {
        StringJoiner all = new StringJoiner("; ");
        for (int i = 0; i < troubles.length(); i++) {
            String text = troubles.get(i);
            if (text != null) {
                all.add(text);
            }
        }
        return all.length() == 0 ? null : all.toString();
    }
}
