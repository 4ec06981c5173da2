package io.tidegate.recovery;

import io.tidegate.block.ChangeStream;
import java.util.Optional;

/** A stream of one range, for what has to be taken over whole. */
final class OneChange implements ChangeStream {

    private Optional<Change> change;

    OneChange(long from, long to) {
        change =
                from < to
                        ? Optional.of(new Change(from, to - from, Kind.WRITTEN))
                        : Optional.empty();
    }

    @Override
    public Optional<Change> next() {
        Optional<Change> one = change;
        change = Optional.empty();
        return one;
    }

    @Override
    public void close() {
        // holds nothing
    }
}
