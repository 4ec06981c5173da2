package io.tidegate.block;

import io.tidegate.block.ChangeStream.Change;
import io.tidegate.block.ChangeStream.Kind;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Change streams that need no snapshots: a whole device, a list, a rest. */
public final class ChangeStreams {

    private static final int RUNS_AT_ONCE = 256;

    private ChangeStreams() {}

    /**
     * All of a device from {@code offset} on: what it knows to be unmapped as DISCARDED, the rest
     * as WRITTEN. A device without an extent map is WRITTEN throughout.
     *
     * @param offset in bytes, block-aligned; the device's size gives an empty stream
     */
    public static ChangeStream wholeDevice(BlockDevice device, long offset) {
        return device instanceof ExtentMapped mapped
                ? new MappedRuns(mapped, offset, device.geometry().sizeBytes())
                : ofRange(offset, device.geometry().sizeBytes());
    }

    private static ChangeStream ofRange(long offset, long end) {
        return offset == end
                ? of(List.of())
                : of(List.of(new Change(offset, end - offset, Kind.WRITTEN)));
    }

    /** All of these extents as WRITTEN; they are ascending and do not overlap. */
    public static ChangeStream written(List<Extent> extents) {
        return of(
                extents.stream()
                        .map(e -> new Change(e.offset(), e.length(), Kind.WRITTEN))
                        .toList());
    }

    /** These changes; they are ascending and do not overlap. */
    public static ChangeStream of(List<Change> changes) {
        long end = 0;
        for (Change change : changes) {
            if (change.offset() < end || change.length() < 1) {
                throw new IllegalArgumentException("out of order: " + change + " after " + end);
            }
            end = change.end();
        }
        return new Listed(new ArrayDeque<>(changes));
    }

    /** What of a stream lies at or after an offset, for going on where a copy was cut off. */
    public static ChangeStream from(ChangeStream all, long offset) {
        return new Rest(all, offset);
    }

    private record Listed(Deque<Change> left) implements ChangeStream {
        @Override
        public Optional<Change> next() {
            return Optional.ofNullable(left.poll());
        }

        @Override
        public void close() {
            left.clear();
        }
    }

    private record Rest(ChangeStream all, long offset) implements ChangeStream {
        @Override
        public Optional<Change> next() throws DeviceException {
            while (true) {
                Optional<Change> change = all.next();
                if (change.isEmpty() || change.get().offset() >= offset) {
                    return change;
                }
                Change c = change.get();
                if (c.end() > offset) {
                    return Optional.of(new Change(offset, c.end() - offset, c.kind()));
                }
            }
        }

        @Override
        public void close() {
            all.close();
        }
    }

    /** Reads the map as it goes along, so that a large device costs no large list. */
    private static final class MappedRuns implements ChangeStream {
        private final ExtentMapped map;
        private final long end;
        private final Deque<ExtentMapped.Run> runs = new ArrayDeque<>();
        private long asked;

        MappedRuns(ExtentMapped map, long offset, long end) {
            this.map = map;
            this.end = end;
            this.asked = offset;
        }

        @Override
        public Optional<Change> next() throws DeviceException {
            ExtentMapped.Run first = poll();
            if (first == null) {
                return Optional.empty();
            }
            long to = first.end();
            while (true) { // an answer that ended early may have cut a run in two
                ExtentMapped.Run more = poll();
                if (more == null) {
                    break;
                }
                if (more.mapped() != first.mapped()) {
                    runs.addFirst(more);
                    break;
                }
                to = more.end();
            }
            Kind kind = first.mapped() ? Kind.WRITTEN : Kind.DISCARDED;
            return Optional.of(new Change(first.offset(), to - first.offset(), kind));
        }

        private ExtentMapped.@Nullable Run poll() throws DeviceException {
            if (runs.isEmpty() && asked < end) {
                runs.addAll(map.runs(asked, end - asked, RUNS_AT_ONCE));
                if (runs.isEmpty() || runs.getLast().end() <= asked) {
                    throw new IllegalStateException("no runs from " + asked + " of " + map);
                }
                asked = runs.getLast().end();
            }
            return runs.poll();
        }

        @Override
        public void close() {
            runs.clear();
            asked = end;
        }
    }
}
