package io.tidegate.pool;

/**
 * What becomes of a grain or node that lost an owner (rules W5 to W7): the one place where space is
 * given back.
 *
 * <p>A grain with more owners loses one of them, in order of the log as all effects, and stays. Its
 * last owner gives it back, and here is a trap. What a walk takes away stands in no record; a
 * replay begins at the last durable checkpoint, without what walks did since. Say S and D share a
 * grain, a walk of S's deletion takes the one reference, then a record takes the grain out of D:
 * free, and covered at the next barrier. Handed out again, it would be named by a later MAP. The
 * replay of that MAP would meet a grain that is in use: it has seen D's record only, and the walk
 * still owns the grain.
 *
 * <p>So the last owner's loss waits for a durable checkpoint wherever a walk may have been there
 * since the one before: in every segment of which anything is, or was since then, shared. From such
 * a checkpoint on replays count as this run does. Grains that no table named in that time have had
 * one owner all along, and whoever took them away, walk or record, did so alone: these go on as
 * ever. A replay's counts are never below this run's at the same record, so it frees none that this
 * run did not free, and none earlier.
 */
final class Disposal {

    private final SpaceMap space;
    private final ShareTable shares;
    private final Retirement retirement;
    private final Rules rules;

    Disposal(SpaceMap space, ShareTable shares, Retirement retirement, Rules rules) {
        this.space = space;
        this.shares = shares;
        this.retirement = retirement;
        this.rules = rules;
    }

    /** A record took the grain out of a live map; a replay does so again. */
    void grainByRecord(long lsn, long address) {
        if (shares.drop(address)) {
            if (rules.decrementAtOnce()) {
                shares.unhold(address);
            } else {
                retirement.whenCovered(lsn, Retirement.unhold(address));
            }
            return;
        }
        space.free(address);
        if (shares.sharedLately(address) && !rules.lastOwnerFreesAtBarrier()) {
            retirement.atCheckpoint(address);
        } else {
            retirement.whenCovered(lsn, address);
        }
    }

    /** A walk of what a deletion left reached the grain; its progress stands in the checkpoint. */
    void grainByWalk(long address) {
        if (shares.drop(address)) {
            retirement.atCheckpoint(Retirement.unhold(address));
        } else {
            space.free(address);
            retirement.atCheckpoint(address);
        }
    }

    /** A metadata page. */
    void node(long address) {
        space.free(address);
        retirement.atCheckpoint(address);
    }
}
