package io.tidegate.recovery;

import io.tidegate.block.ChangeStream;
import io.tidegate.block.DeviceException;
import io.tidegate.block.ExtentMapped;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * The whole of a device as changes: what is mapped is written, all else is discarded. With {@code
 * discardRest} off only the mapped runs come, for a destination that is known to read as zeroes.
 */
final class FullContent implements ChangeStream {

    private static final int RUNS_AT_A_TIME = 512;

    private final ExtentMapped source;
    private final long end;
    private final boolean discardRest;
    private final Deque<Change> ready = new ArrayDeque<>();
    private long offset;

    FullContent(ExtentMapped source, long from, long end, boolean discardRest) {
        this.source = source;
        this.offset = from;
        this.end = end;
        this.discardRest = discardRest;
    }

    @Override
    public Optional<Change> next() throws DeviceException {
        while (ready.isEmpty() && offset < end) {
            for (ExtentMapped.Run run : source.runs(offset, end - offset, RUNS_AT_A_TIME)) {
                if (run.mapped() || discardRest) {
                    Kind kind = run.mapped() ? Kind.WRITTEN : Kind.DISCARDED;
                    ready.add(new Change(run.offset(), run.length(), kind));
                }
                offset = run.end();
            }
        }
        return Optional.ofNullable(ready.poll());
    }

    /** Bytes that are mapped from an offset on. */
    static long mappedBytes(ExtentMapped source, long end) throws DeviceException {
        long bytes = 0;
        long offset = 0;
        while (offset < end) {
            for (ExtentMapped.Run run : source.runs(offset, end - offset, RUNS_AT_A_TIME)) {
                bytes += run.mapped() ? run.length() : 0;
                offset = run.end();
            }
        }
        return bytes;
    }

    @Override
    public void close() {
        // the source belongs to whoever opened it
    }
}
