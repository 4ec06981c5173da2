package io.tidegate.pool;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;

/**
 * Who may still use an address that was looked up before. Each thread has a guard of its own on its
 * own cache line; entering and leaving touch nothing shared that others write.
 *
 * <p>An address is reused only when no guard is open that was entered before the address was taken
 * out of every map: {@link #advance} after the taking out, reuse when {@link #allPast} its answer.
 */
final class Guards {

    private static final long IDLE = Long.MAX_VALUE;
    private static final VarHandle ERA;

    static {
        try {
            ERA = MethodHandles.lookup().findVarHandle(Guard.class, "era", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile long era = 1;
    private final List<WeakReference<Guard>> registered = new ArrayList<>();
    private final ThreadLocal<Guard> mine = ThreadLocal.withInitial(this::register);

    /** Space before and after, so that no two guards share a cache line. */
    @SuppressWarnings("unused")
    private static class PadBefore {
        private long a0;
        private long a1;
        private long a2;
        private long a3;
        private long a4;
        private long a5;
        private long a6;
        private long a7;
    }

    private static class GuardFields extends PadBefore {
        long enteredNanos;
        int depth;
    }

    /** One thread's guard. */
    @SuppressWarnings("unused")
    static final class Guard extends GuardFields {
        private volatile long era = IDLE;
        private long b0;
        private long b1;
        private long b2;
        private long b3;
        private long b4;
        private long b5;
        private long b6;
        private long b7;

        private Guard() {}
    }

    private synchronized Guard register() {
        registered.removeIf(r -> r.get() == null);
        Guard guard = new Guard();
        registered.add(new WeakReference<>(guard));
        return guard;
    }

    /** Enters before the first look-up. May be nested in one thread. */
    Guard enter() {
        Guard guard = mine.get();
        if (guard.depth++ == 0) {
            ERA.setOpaque(guard, era);
            // The look-ups that follow must not be done before the era can be seen.
            VarHandle.fullFence();
        }
        return guard;
    }

    /** Leaves after the last system call on what was looked up; same thread as enter. */
    void leave(Guard guard) {
        if (--guard.depth == 0) {
            ERA.setRelease(guard, IDLE);
        }
    }

    /** Begins a new era; whoever enters from now on cannot see what was taken out before. */
    synchronized long advance() {
        VarHandle.fullFence();
        long past = era;
        era = past + 1;
        VarHandle.fullFence();
        return past;
    }

    /** Whether every guard that was open in an era, or before it, has been left. */
    boolean allPast(long past) {
        return oldest() > past;
    }

    /** The oldest era with an open guard. */
    synchronized long oldest() {
        VarHandle.fullFence();
        long least = IDLE;
        for (WeakReference<Guard> reference : registered) {
            Guard guard = reference.get();
            if (guard != null) {
                least = Math.min(least, guard.era);
            }
        }
        return least;
    }

    /** For the alarm about guards that stay open. */
    long now() {
        return era;
    }
}
