package io.tidegate.job;

/** A job stops because it was told to; thrown by {@link JobContext#check}. */
public final class JobCancelledException extends Exception {
    private static final long serialVersionUID = 1L;

    public JobCancelledException() {
        super("cancelled by an administrator");
    }
}
