package io.tidegate.pool;

/**
 * The ordering rules as switches, all in force here. Tests hand in one of their own that breaks a
 * rule, to show that the rule's test would notice.
 */
class Rules {

    static final Rules IN_FORCE = new Rules();

    /** Called after a slot is published and before its record is queued. */
    void published() {}

    /** Called when a write in place has looked up its addresses, before it writes. */
    void lookedUp() {}

    /** W6: a retired address waits for guards. */
    boolean guardsCountAsGone() {
        return false;
    }

    /** Barrier rule 1: covered is what was queued before the data sync began. */
    boolean barrierCoversItself() {
        return false;
    }

    /** W2: writers of a grain exclude each other. */
    boolean rangeLocks() {
        return true;
    }

    /** W3b: a shared grain is not overwritten in place. */
    boolean sharedGrainsAreKept() {
        return true;
    }

    /** W7: the loss of an owner counts when it is retired. */
    boolean decrementAtOnce() {
        return false;
    }

    /** The last owner of a grain that was shared lately gives it back at a checkpoint only. */
    boolean lastOwnerFreesAtBarrier() {
        return false;
    }

    /** W2: whoever shares extents of a live volume excludes its writers. */
    boolean sourceRangeLock() {
        return true;
    }

    /** A snapshot waits for writes that were issued. */
    boolean drainForSnapshot() {
        return true;
    }

    /** Whether a thread does the background work; else whoever opened the pool drives it. */
    boolean background() {
        return true;
    }

    /** W3c: a checked grain is not overwritten in place. */
    boolean checkedGrainsStay() {
        return true;
    }

    /** A grain that is freed is checked no more. */
    boolean freeClearsChecked() {
        return true;
    }

    /** Barrier rule 9: a copy's data is durable before anything points to it. */
    boolean copiesAreSyncedFirst() {
        return true;
    }

    /** Runs of shared grains beyond which nothing new is shared. */
    int mostShareRuns(Layout layout) {
        return Reserve.shareRuns(layout);
    }

    /** A checkpoint's roots are taken when no write is half done. */
    boolean drainForCheckpoint() {
        return true;
    }
}
