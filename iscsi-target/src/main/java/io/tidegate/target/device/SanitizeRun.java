package io.tidegate.target.device;

import io.tidegate.scsi.Sense;
import org.jspecify.annotations.Nullable;

/** A SANITIZE that is under way or has failed; while there is one the medium is not accessible. */
final class SanitizeRun {

    private final boolean unrestrictedExit;
    private volatile int progress; // in parts of 65536
    private volatile boolean failed;

    SanitizeRun(boolean unrestrictedExit) {
        this.unrestrictedExit = unrestrictedExit;
    }

    void progress(long done, long of) {
        progress = (int) Math.min(65535, done * 65536.0 / of);
    }

    void fail() {
        failed = true;
    }

    boolean failed() {
        return failed;
    }

    /** Whether a host may leave the failed state without sanitizing again (AUSE). */
    boolean mayExit() {
        return failed && unrestrictedExit;
    }

    Sense sense() {
        return failed ? Sense.sanitizeFailed() : Sense.sanitizeInProgress(progress);
    }

    static @Nullable Sense senseOf(UnitState state) {
        SanitizeRun run = state.sanitize();
        return run == null ? null : run.sense();
    }
}
