package io.tidegate.volume;

/** How a scrub behaves, asked while it runs; called on the scrub's thread. */
public interface ScrubControl {

    /** The most that it may read in a second; 0 for no limit. May change while it runs. */
    long bytesPerSecond();

    /** Whether it is to end early; what was found so far is then the report. */
    boolean cancelled();

    /**
     * How far it is.
     *
     * @param doneBytes bytes that were looked at
     * @param totalBytes bytes in use when it began
     */
    void progress(long doneBytes, long totalBytes);
}
