package io.tidegate.pool;

/**
 * What becomes of a grain or node that lost an owner (rules W5 to W7): the one place where space is
 * given back.
 */
final class Disposal {

    private final SpaceMap space;
    private final Retirement retirement;

    Disposal(SpaceMap space, Retirement retirement) {
        this.space = space;
        this.retirement = retirement;
    }

    /** A record took the grain out of a live map; a replay does so again. */
    void grainByRecord(long lsn, long address) {
        space.free(address);
        retirement.whenCovered(lsn, address);
    }

    /** A walk of what a deletion left reached the grain; its progress stands in the checkpoint. */
    void grainByWalk(long address) {
        space.free(address);
        retirement.atCheckpoint(address);
    }

    /** A metadata page. */
    void node(long address) {
        space.free(address);
        retirement.atCheckpoint(address);
    }
}
