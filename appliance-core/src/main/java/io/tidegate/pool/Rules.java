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

    /** A snapshot waits for writes that were issued. */
    boolean drainForSnapshot() {
        return true;
    }

    /** Whether a thread does the background work; else whoever opened the pool drives it. */
    boolean background() {
        return true;
    }

    /** A superblock is used only if the log names none above it. */
    boolean generationNamed() {
        return true;
    }

    /** A checkpoint's roots are taken when no write is half done. */
    boolean drainForCheckpoint() {
        return true;
    }
}
