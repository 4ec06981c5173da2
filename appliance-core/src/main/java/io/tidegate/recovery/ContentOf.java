package io.tidegate.recovery;

import io.tidegate.block.ChangeStream;
import io.tidegate.block.DeviceException;
import io.tidegate.block.ExtentMapped;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * Turns changed ranges into what has to be done so that they look as on a source: where the source
 * is mapped they are written, elsewhere discarded. So a difference in one direction serves for the
 * way back: what was written since may have to be discarded, and the other way round.
 *
 * <p>Ranges beyond the source's end (a volume grown since) are discarded.
 */
final class ContentOf implements ChangeStream {

    private static final int RUNS_AT_A_TIME = 512;

    private final ChangeStream ranges;
    private final ExtentMapped source;
    private final long sourceEnd;
    private final Deque<Change> ready = new ArrayDeque<>();
    private long offset;
    private long end;

    ContentOf(ChangeStream ranges, ExtentMapped source, long sourceEnd) {
        this.ranges = ranges;
        this.source = source;
        this.sourceEnd = sourceEnd;
    }

    @Override
    public Optional<Change> next() throws DeviceException {
        while (ready.isEmpty()) {
            if (offset >= end) {
                Optional<Change> range = ranges.next();
                if (range.isEmpty()) {
                    return Optional.empty();
                }
                offset = range.get().offset();
                end = range.get().end();
            }
            fill();
        }
        return Optional.of(ready.remove());
    }

    private void fill() throws DeviceException {
        long inside = Math.min(end, sourceEnd);
        if (offset < inside) {
            for (ExtentMapped.Run run : source.runs(offset, inside - offset, RUNS_AT_A_TIME)) {
                Kind kind = run.mapped() ? Kind.WRITTEN : Kind.DISCARDED;
                ready.add(new Change(run.offset(), run.length(), kind));
                offset = run.end();
            }
        } else if (offset < end) {
            ready.add(new Change(offset, end - offset, Kind.DISCARDED));
            offset = end;
        }
    }

    @Override
    public void close() {
        ranges.close();
    }
}
