package io.tidegate.pool;

import io.tidegate.block.NativeIOException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import java.util.function.Predicate;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;

/**
 * Faults of a medium that begin and end: of the operations that it is about ({@code write
 * pool.wal}, {@code sync data-0000}...), some in a row fail. A write that fails may have changed
 * some of its sectors, but not all; a sync that fails leaves of what was written a part on the
 * medium and the rest in the cache, as clean.
 */
@NullUnmarked
class FaultPlan {

    static final int EIO = 5;
    static final int ENOSPC = 28;

    private final Predicate<String> which;
    private final long first;
    private final int count;
    private final int errno;
    private final Random random;
    private long seen;
    private int failed;
    private @Nullable IOException last;

    FaultPlan(Predicate<String> which, long first, int count, int errno, long seed) {
        this.which = which;
        this.first = first;
        this.count = count;
        this.errno = errno;
        this.random = new Random(seed);
    }

    /** Lets everything pass and counts. */
    static FaultPlan counting(Predicate<String> which) {
        return new FaultPlan(which, Long.MAX_VALUE, 0, EIO, 0);
    }

    synchronized void check(String op) throws IOException {
        if (!which.test(op) || seen++ < first || failed == count) {
            return;
        }
        fail(op);
    }

    synchronized void fail(String op) throws IOException {
        failed++;
        last = new NativeIOException(errno, op, Path.of("sim"));
        throw last;
    }

    /** Operations that it is about, so far. */
    synchronized long seen() {
        return seen;
    }

    synchronized int failed() {
        return failed;
    }

    synchronized boolean mine(IOException e) {
        return e == last;
    }

    /** How many of the first sectors of a write that fails arrive. */
    synchronized int arriving(int sectors) {
        return random.nextInt(sectors);
    }

    /** Says what a sync that fails leaves. */
    Random random() {
        return random;
    }
}
