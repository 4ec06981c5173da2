package io.tidegate.pool;

import io.tidegate.volume.StoreClaim;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checkpoints.
 *
 * <pre>
 *  drain | cut: image of everything at one LSN | open
 *        | write nodes and pages | sync data files | superblock | sync | log names it | sync
 *        | log's tail moves, what the image no longer uses is retired
 * </pre>
 *
 * The cut is exact: a tree that already held a later record would, after a replay, be live and free
 * at once.
 *
 * <p>A write that fails makes the checkpoint late and changes nothing else:
 *
 * <ul>
 *   <li>before the superblock is durable, everything that the image took goes back, for the next
 *       cut. The superblock's slot may be torn then; the other one is valid, and the log reaches
 *       back to it.
 *   <li>once it is durable, only its name in the log is missing. Until that is there nothing that
 *       the image freed is handed out and the log's tail stays; the next run begins with it.
 * </ul>
 *
 * A sync that fails is final, like any.
 */
final class Checkpointer {

    private static final Logger LOG = LoggerFactory.getLogger(Checkpointer.class);

    /** What a growth at the cut may add: pages of segments that get real space. */
    private static final int PAGES_OF_A_GROWTH = 64;

    private final PoolCore core;
    private final ReentrantLock one = new ReentrantLock();
    private final List<NodeImage> carried = new ArrayList<>();
    private CheckpointImage.Places places;
    private volatile Superblock current;
    private @Nullable StoreClaim claim;
    private volatile long cutLsn;
    private volatile boolean dirtied;

    /** Durable, but not named in the log yet. */
    private volatile @Nullable Cut unnamed;

    Checkpointer(PoolCore core, Superblock current, CheckpointImage.Places places) {
        this.core = core;
        this.current = current;
        this.places = places;
        this.cutLsn = current.checkpointLsn();
    }

    Superblock current() {
        return current;
    }

    /** Whether there is anything that the last checkpoint does not have. */
    boolean needed() {
        return core.wal.queuedLsn() > cutLsn
                || dirtied
                || somethingUnnamed()
                || core.retirement.anythingPending();
    }

    /** Whether a durable checkpoint still waits for its name in the log. */
    boolean somethingUnnamed() {
        return unnamed != null;
    }

    /** Background work changed something without a record. */
    void dirtied() {
        dirtied = true;
    }

    /**
     * Makes one.
     *
     * @return false when writes under way did not end in time; nothing has happened then
     * @throws IOException when a write or a sync failed; see above what then holds
     */
    boolean run(boolean clean) throws IOException {
        return run(clean, NOTHING);
    }

    /** Something that has to be in the image. */
    interface AtCut {
        void run() throws IOException;
    }

    private static final AtCut NOTHING = () -> {};

    /** As run; the action belongs to the cut: it is done at its instant, or not at all. */
    boolean run(boolean clean, AtCut atCut) throws IOException {
        one.lock();
        try {
            boolean made = make(clean, atCut);
            core.health.well(Health.Part.CHECKPOINT);
            return made;
        } catch (IOException e) {
            core.health.trouble(Health.Part.CHECKPOINT, e);
            throw e;
        } finally {
            one.unlock();
        }
    }

    private boolean make(boolean clean, AtCut atCut) throws IOException {
        name();
        Cut cut = cut(atCut);
        if (cut == null) {
            return false;
        }
        boolean durable = false;
        try {
            reuse(cut, Reached.CUT);
            write(cut.image);
            publish(cut, clean);
            durable = true;
        } finally {
            if (!durable) {
                core.store.giveBack(cut.image.nodes);
                core.space.dirtyAgain(cut.image.spacePages);
                core.seals.dirtyAgain(cut.image.sealPages);
                core.retirement.uncut(cut.image.freed);
                dirtied = true;
            }
        }
        core.store.written(cut.image.nodes);
        cut.image.lists.forEach(DeadList::written);
        restLists(cut.image.lists);
        core.seals.written(cut.image.sealPages);
        carried.clear();
        unnamed = cut;
        reuse(cut, Reached.DURABLE);
        core.rules.unnamed();
        name();
        return true;
    }

    /** The log names the durable superblock; only then what that one no longer uses is free. */
    private void name() throws IOException {
        Cut cut = unnamed;
        if (cut == null) {
            return;
        }
        core.barrier.exclusively(
                () -> {
                    core.wal.name(current.generation(), cut.mark.lsn());
                    core.wal.sync();
                    core.barrier.advance(cut.mark.lsn());
                });
        unnamed = null;
        core.space.durable(cut.image.layout.segments());
        core.wal.release(cut.mark);
        core.shares.durable(cut.image.quiet);
        reuse(cut, Reached.NAMED);
    }

    /** How far a checkpoint has come. */
    enum Reached {
        CUT,
        DURABLE,
        NAMED
    }

    /** Rule W6: what this checkpoint freed is still in use in the one before. */
    private void reuse(Cut cut, Reached now) {
        if (now == core.rules.reuse()) {
            core.retirement.retire(cut.image.freed);
        }
    }

    private void restLists(List<DeadList> lists) {
        core.admin.lock();
        try {
            core.state.restLists(lists);
        } finally {
            core.admin.unlock();
        }
    }

    /**
     * Makes a checkpoint that says whose the pool is.
     *
     * @return false when writes under way did not end in time; nothing has happened then
     */
    boolean claim(StoreClaim next) throws IOException {
        one.lock();
        try {
            claim = next;
            return run(false);
        } finally {
            claim = null;
            one.unlock();
        }
    }

    /** Looks at the state while nothing changes it. */
    interface Look<T> {
        T at(CheckpointImage.Places places) throws IOException;
    }

    <T> T whileStill(Look<T> look) throws IOException {
        one.lock();
        try {
            T seen = still(() -> look.at(places));
            if (seen == null) {
                throw new IOException("writes under way did not end in time");
            }
            return seen;
        } finally {
            one.unlock();
        }
    }

    private interface Still<T> {
        T get() throws IOException;
    }

    private record Cut(CheckpointImage image, Wal.Mark mark) {}

    private @Nullable Cut cut(AtCut atCut) throws IOException {
        return still(() -> take(atCut));
    }

    /**
     * Runs something with all gates closed, all commands ended and all records in effect.
     *
     * @return null when writes under way did not end in time
     */
    private <T> @Nullable T still(Still<T> action) throws IOException {
        core.admin.lock();
        try {
            List<Volume> all = new ArrayList<>(core.state.bySerial.values());
            all.forEach(v -> v.gate.close());
            try {
                if (core.rules.drainForCheckpoint() && !core.drained(all)) {
                    return null;
                }
                core.slices.lock();
                try {
                    core.wal.drain();
                    return action.get();
                } finally {
                    core.slices.unlock();
                }
            } finally {
                all.forEach(v -> v.gate.open());
            }
        } finally {
            core.admin.unlock();
        }
    }

    private Cut take(AtCut atCut) throws IOException {
        // From here on nothing can fail for want of space.
        int pages =
                CheckpointImage.pagesAtMost(core.state, core.space, core.shares)
                        + (atCut == NOTHING ? 0 : PAGES_OF_A_GROWTH);
        if (!core.space.ensureNodes(pages)) {
            throw new NoSpaceException("no room for the " + pages + " pages of a checkpoint");
        }
        try {
            atCut.run();
            dirtied = false;
            Wal.Mark mark = core.wal.mark();
            CheckpointImage image =
                    new CheckpointImage(
                            core.state,
                            core.store,
                            core.space,
                            core.shares,
                            core.retirement,
                            carried,
                            places);
            places = image.places();
            cutLsn = mark.lsn();
            return new Cut(image, mark);
        } catch (IOException | RuntimeException e) {
            // Half of the image has its places, half has not: memory is not to be trusted.
            core.health.fail("a checkpoint could not be prepared: " + e.getMessage(), e);
            throw e;
        }
    }

    private void write(CheckpointImage image) throws IOException {
        core.store.write(image.images, current.generation() + 1);
        if (core.health.writable() && core.rules.syncBeforeSuperblock()) {
            // Takes the bulk of the work off the barrier that follows. A failure is noticed above.
            core.files.syncAll();
        }
    }

    private void publish(Cut cut, boolean clean) throws IOException {
        StoreClaim whose = claim;
        Superblock next =
                new Superblock(
                        current.pool(),
                        whose == null ? current.catalog() : whose.catalog(),
                        whose == null ? current.catalogGeneration() : whose.generation(),
                        current.generation() + 1,
                        current.features(),
                        cut.image.layout,
                        current.walBytes(),
                        cut.mark.lsn(),
                        core.walId,
                        cut.mark.position(),
                        cut.mark.crc(),
                        cut.image.directory,
                        cut.image.space,
                        cut.image.shares,
                        clean);
        core.barrier.exclusively(
                () -> {
                    if (core.rules.syncBeforeSuperblock()) {
                        core.files.syncMarked();
                    }
                    core.superblocks.write(next);
                    core.superblocks.sync();
                    current = next;
                });
        LOG.debug(
                "pool {} checkpoint {} at LSN {}: {} pages",
                core.name,
                next.generation(),
                cut.mark.lsn(),
                cut.image.images.size());
    }
}
