package io.tidegate.job;

/**
 * A job stops because the appliance shuts down; it stays as it is in the catalog and is taken up
 * again at the next start.
 */
public final class JobStoppedException extends Exception {
    private static final long serialVersionUID = 1L;

    public JobStoppedException() {
        super("the appliance shuts down");
    }
}
