package io.tidegate.recovery;

import io.tidegate.block.ChangeStream;
import io.tidegate.block.DeviceException;
import java.util.Optional;

/** Counts the bytes of a stream. */
record Tally(long writtenBytes, long discardedBytes, long extents) {

    /** Reads a stream to its end and closes it. */
    static Tally of(ChangeStream stream) throws DeviceException {
        long written = 0;
        long discarded = 0;
        long extents = 0;
        try (stream) {
            Optional<ChangeStream.Change> change;
            while ((change = stream.next()).isPresent()) {
                extents++;
                switch (change.get().kind()) {
                    case WRITTEN -> written += change.get().length();
                    case DISCARDED -> discarded += change.get().length();
                }
            }
        }
        return new Tally(written, discarded, extents);
    }

    long changedBytes() {
        return writtenBytes + discardedBytes;
    }
}
