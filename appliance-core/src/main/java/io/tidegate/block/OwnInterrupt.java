package io.tidegate.block;

/**
 * The one place that sets an interrupt mark, and only the calling thread's own: who was interrupted
 * while waiting and cannot pass the exception on leaves the mark for the thread's owner. No other
 * code interrupts, and a test keeps it so.
 */
public final class OwnInterrupt {

    private OwnInterrupt() {}

    /** Sets the mark of the calling thread again. */
    public static void keep() {
        Thread.currentThread().interrupt();
    }
}
