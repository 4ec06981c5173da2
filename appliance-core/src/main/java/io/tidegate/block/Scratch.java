package io.tidegate.block;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Native memory that one system call needs beside its data: the place for errno, I/O vectors, small
 * structures, and a bounce buffer for data on the heap. Kept for each platform thread; virtual
 * threads, of which there may be very many, share a pool.
 */
final class Scratch {

    /** I/O vectors of one call; the system takes up to 1024. */
    static final int MAX_VECTORS = 64;

    static final int BOUNCE_BYTES = 256 << 10;

    private static final int STRUCT_BYTES = 256;
    private static final int MAX_POOLED = 64;
    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO =
            STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"))
                    .withInvokeExactBehavior();

    private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);
    private static final ConcurrentLinkedQueue<Scratch> POOL = new ConcurrentLinkedQueue<>();

    /** Where the linker leaves errno. */
    final MemorySegment state;

    /** For {@code struct flock}, {@code struct statx}; content undefined. */
    final MemorySegment struct;

    private final MemorySegment vectors;
    private @Nullable MemorySegment bounce;

    private Scratch() {
        Arena arena = Arena.ofAuto();
        state = arena.allocate(STATE);
        struct = arena.allocate(STRUCT_BYTES, 8);
        vectors = arena.allocate(16L * MAX_VECTORS, 8);
    }

    /** Give it back with {@link #release} on the same thread. */
    static Scratch acquire() {
        if (!Thread.currentThread().isVirtual()) {
            return OF_THREAD.get();
        }
        Scratch pooled = POOL.poll();
        return pooled != null ? pooled : new Scratch();
    }

    void release() {
        // size() walks the queue, but it is short by the same rule.
        if (Thread.currentThread().isVirtual() && POOL.size() < MAX_POOLED) {
            POOL.add(this);
        }
    }

    int errno() {
        return (int) ERRNO.get(state, 0L);
    }

    MemorySegment bounce() {
        MemorySegment b = bounce;
        if (b == null) {
            b = Arena.ofAuto().allocate(BOUNCE_BYTES, 4096);
            bounce = b;
        }
        return b;
    }

    MemorySegment vectors() {
        return vectors;
    }

    /** Sets one I/O vector; the caller keeps the segment reachable until its call has returned. */
    void vector(int index, MemorySegment data) {
        vectors.set(ValueLayout.JAVA_LONG, 16L * index, data.address());
        vectors.set(ValueLayout.JAVA_LONG, 16L * index + 8, data.byteSize());
    }
}
