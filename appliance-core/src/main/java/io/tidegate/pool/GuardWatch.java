package io.tidegate.pool;

/**
 * Notices a guard that stays open while freed space waits for it (rule W8): it harms nothing else,
 * but whoever looks after the pool should know why space does not come back. One thread calls it.
 */
final class GuardWatch {

    private final Guards guards;
    private final long limitNanos;
    private long seen;
    private long since;

    /**
     * @param limitNanos how long an era may be the oldest with an open guard
     */
    GuardWatch(Guards guards, long limitNanos) {
        this.guards = guards;
        this.limitNanos = limitNanos;
    }

    /**
     * Called now and then.
     *
     * @return true when the same guard has been open for longer than the limit, and once more for
     *     each further limit that it stays
     */
    boolean overdue(long nowNanos) {
        long oldest = guards.oldest();
        if (oldest != seen) {
            seen = oldest;
            since = nowNanos;
            return false;
        }
        if (oldest >= guards.now() || nowNanos - since <= limitNanos) {
            return false;
        }
        since = nowNanos;
        return true;
    }
}
