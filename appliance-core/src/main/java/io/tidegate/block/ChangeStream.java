package io.tidegate.block;

import java.util.Optional;

/**
 * Ranges that differ between two points in time, ascending and merged. One reader at a time. May
 * hold what it reads from (snapshots), so it has to be closed.
 */
public interface ChangeStream extends AutoCloseable {

    /** What became of a range. */
    enum Kind {
        WRITTEN,
        /** Reads as zeroes at the later point. */
        DISCARDED
    }

    /** One changed range. */
    record Change(long offset, long length, Kind kind) {
        public long end() {
            return offset + length;
        }
    }

    /** The next range, or empty at the end. */
    Optional<Change> next() throws DeviceException;

    @Override
    void close();
}
