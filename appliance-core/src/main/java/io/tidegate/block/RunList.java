package io.tidegate.block;

import java.util.ArrayList;
import java.util.List;

/** Collects runs in order, merges neighbours and stops at a limit. */
final class RunList {

    private final List<ExtentMapped.Run> runs = new ArrayList<>();
    private final int max;

    RunList(int max) {
        if (max < 1) {
            throw new IllegalArgumentException("at most " + max + " runs");
        }
        this.max = max;
    }

    /**
     * Adds a run that begins where the last one ended; an empty one is passed over.
     *
     * @return false when it would be one too many, and then it was not added
     */
    boolean add(long offset, long end, boolean mapped) {
        if (end <= offset) {
            return true;
        }
        if (!runs.isEmpty() && runs.getLast().mapped() == mapped) {
            long start = runs.removeLast().offset();
            runs.add(new ExtentMapped.Run(start, end - start, mapped));
            return true;
        }
        if (runs.size() == max) {
            return false;
        }
        runs.add(new ExtentMapped.Run(offset, end - offset, mapped));
        return true;
    }

    List<ExtentMapped.Run> list() {
        return List.copyOf(runs);
    }
}
