package io.tidegate.pool;

/**
 * The ordering rules as switches, all in force here. Tests hand in one of their own that breaks a
 * rule, to show that the rule's test would notice.
 */
class Rules {

    static final Rules IN_FORCE = new Rules();

    // Places where a test may stop a thread ------------------------------------------------------

    /** Called after a slot is published and before its record is queued. */
    void published() {}

    /** Called when a change must wait for a checkpoint before it is admitted. */
    void waitsForCheckpoint() {}

    /** Called when a checkpoint's superblock is durable, and the log does not name it yet. */
    void unnamed() {}

    // Rules of the data path ---------------------------------------------------------------------

    /** W1: what may wait for a checkpoint stands before the gate. */
    boolean admissionBeforeGate() {
        return true;
    }

    /** W2: writers of a grain exclude each other. */
    boolean rangeLocks() {
        return true;
    }

    /** W3a: grains born at or before this epoch are not overwritten in place. */
    int horizon(Volume v) {
        return v.horizon();
    }

    /** W4: bytes are written before their slot is published and their record queued. */
    boolean bytesFirst() {
        return true;
    }

    /** W6: a retired address waits for guards. */
    boolean guardsCountAsGone() {
        return false;
    }

    /** W5: records take effect in the order of the log, in a run and in a replay. */
    Wal.Effect effects(Wal.Effect inOrder) {
        return inOrder;
    }

    /** W6: what a record frees is reused when that record is covered. */
    boolean reuseWaitsForBarrier() {
        return true;
    }

    /** W6: what a checkpoint frees is reused when the log names its durable superblock. */
    Checkpointer.Reached reuse() {
        return Checkpointer.Reached.NAMED;
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

    /** What a copy changes in place is owed to the flushes of its own volume alone. */
    boolean copiesAreOwedApart() {
        return true;
    }

    /** The volume's own flush syncs what copies changed in place. */
    boolean copiesAreOwedToFlushes() {
        return true;
    }

    /** A snapshot or share holds what copies changed in place before it. */
    boolean copiesAreOwedToSnapshots() {
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

    // Rules of durability ------------------------------------------------------------------------

    /** Barrier rule 1: covered is what was queued before the data sync began. */
    boolean barrierCoversItself() {
        return false;
    }

    /** Barrier rule 1: one barrier at a time, so that none relies on a sync that still runs. */
    boolean oneBarrierAtATime() {
        return true;
    }

    /** Barrier rule 1: a file is marked when the bytes are written, not before. */
    boolean marksAfterWrite() {
        return true;
    }

    /** Barrier rule 1: all files with a mark are synced, whoever wrote to them. */
    boolean barrierSyncsAllFiles() {
        return true;
    }

    /** Barrier rule 1: a flush is answered by a sync that began after it arrived. */
    boolean runningSyncAnswers() {
        return false;
    }

    /** Barrier rule 2: a write is answered when its record and all before it are in the log. */
    boolean answersWhenWritten() {
        return true;
    }

    /** Barrier rule 3: the whole log is believed only with the token of this boot. */
    boolean tokenNeeded() {
        return true;
    }

    /** Barrier rule 4: a batch counts only with the log's id, LSN and CRC of the batch before. */
    boolean chainChecked() {
        return true;
    }

    /** Barrier rule 6: a failed sync is final. */
    boolean failedSyncIsFinal() {
        return true;
    }

    /** Barrier rule 6: after a failed sync the cache is dropped before anything is read. */
    boolean cacheDropped() {
        return true;
    }

    /** Barrier rule 7: changes wait while only the last tenth of the log is left. */
    boolean logRoomNeeded() {
        return true;
    }

    /** Barrier rule 7: changes wait while the map in memory is too far ahead of the disk. */
    boolean nodeBudgetHolds() {
        return true;
    }

    /** Barrier rule 8: one opening of a pool at a time. */
    boolean lockNeeded() {
        return true;
    }

    /** A checkpoint's pages are durable before the superblock that leads to them is written. */
    boolean syncBeforeSuperblock() {
        return true;
    }

    /** Recovery makes durable what the cache shows before it builds on it. */
    boolean recoverySyncsFirst() {
        return true;
    }

    /** A superblock is used only if the log names none above it. */
    boolean generationNamed() {
        return true;
    }

    /** A log with a gap that no loss of power explains is refused. */
    boolean gapsRefused() {
        return true;
    }

    /** The name of a new data file is durable before a record leads into it. */
    boolean namesSynced() {
        return true;
    }
}
