package io.tidegate.pool;

import java.util.Arrays;

/**
 * The shared grains of one segment, as runs of neighbours with equal counts; never changed, so that
 * readers need no lock. Places are grains counted from the segment's start. Two words for each run,
 * sorted by place:
 *
 * <pre>
 *   63               32 31                0
 *  +-------------------+-------------------+
 *  | first grain       | number of grains  |
 *  | refs              | held              |
 *  +-------------------+-------------------+
 * </pre>
 */
final class ShareRuns {

    private final long[] words;

    private ShareRuns(long[] words) {
        this.words = words;
    }

    /** No runs; a new object each time, so that it can be told from a later one. */
    static ShareRuns none() {
        return new ShareRuns(new long[0]);
    }

    int size() {
        return words.length / 2;
    }

    int first(int run) {
        return (int) (words[2 * run] >>> 32);
    }

    int count(int run) {
        return (int) words[2 * run];
    }

    int end(int run) {
        return first(run) + count(run);
    }

    /** Owners besides the first, as the records that took effect say. */
    int refs(int run) {
        return (int) (words[2 * run + 1] >>> 32);
    }

    /** Owners besides the first that a reader, or a loss of power, may still bring to light. */
    int held(int run) {
        return (int) words[2 * run + 1];
    }

    /** The run that holds a grain, -1 if none does. */
    int find(int grain) {
        int low = 0;
        int high = size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (grain < first(middle)) {
                high = middle - 1;
            } else if (grain >= end(middle)) {
                low = middle + 1;
            } else {
                return middle;
            }
        }
        return -1;
    }

    /** The highest count of a grain in a range. */
    int mostHeld(int from, int end) {
        int most = 0;
        for (int r = 0; r < size(); r++) {
            if (first(r) < end && from < end(r)) {
                most = Math.max(most, held(r));
            }
        }
        return most;
    }

    /**
     * The same with other counts from one grain to before another.
     *
     * @throws IllegalStateException when a count would fall below 0, or held below refs
     */
    ShareRuns plus(int from, int end, int refs, int held) {
        Builder out = new Builder(size() + 2);
        int at = from;
        for (int r = 0; r < size(); r++) {
            int first = first(r);
            int last = end(r);
            if (at < end && at < first) {
                int gap = Math.min(first, end);
                out.add(at, gap, refs, held);
                at = gap;
            }
            int low = Math.max(first, from);
            int high = Math.min(last, end);
            if (low >= high) {
                out.add(first, last, refs(r), held(r));
            } else {
                out.add(first, low, refs(r), held(r));
                out.add(low, high, refs(r) + refs, held(r) + held);
                out.add(high, last, refs(r), held(r));
                at = high;
            }
        }
        out.add(at, end, refs, held);
        return out.done();
    }

    /** The same as if all that is held were what the records say. */
    ShareRuns settled() {
        Builder out = new Builder(size());
        for (int r = 0; r < size(); r++) {
            out.add(first(r), end(r), refs(r), refs(r));
        }
        return out.done();
    }

    /** Takes runs in order; merges neighbours, leaves out those without a count. */
    private static final class Builder {
        private long[] words;
        private int n;

        Builder(int runs) {
            words = new long[2 * runs];
        }

        void add(int from, int end, int refs, int held) {
            if (from >= end || (refs == 0 && held == 0)) {
                return;
            }
            if (refs < 0 || held < refs) {
                throw new IllegalStateException(
                        "grains " + from + " to " + end + ": " + refs + " shares, held " + held);
            }
            long counts = ((long) refs << 32) | held;
            if (n > 0 && words[n - 1] == counts) {
                int before = (int) (words[n - 2] >>> 32);
                if (before + (int) words[n - 2] == from) {
                    words[n - 2] = ((long) before << 32) | (end - before);
                    return;
                }
            }
            if (n == words.length) {
                words = Arrays.copyOf(words, n + 4);
            }
            words[n++] = ((long) from << 32) | (end - from);
            words[n++] = counts;
        }

        ShareRuns done() {
            return new ShareRuns(n == words.length ? words : Arrays.copyOf(words, n));
        }
    }
}
