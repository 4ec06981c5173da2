package io.tidegate.pool;

import java.io.IOException;
import java.util.Collection;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One opening of a pool: its parts, wired. Locks are taken in this order and never the other way:
 *
 * <pre>
 *   admin | gates closed | slices | log writer | tree of a volume | space map
 * </pre>
 *
 * Commands: admission, gate, guard, range lock, then tree, space or log queue for moments. The
 * barrier stands apart: whoever waits for it holds none of these.
 */
final class PoolCore {

    final String name;
    final PoolFiles directory;
    final Layout layout;
    final PoolOpenOptions options;
    final Rules rules;
    final Health health;
    final Guards guards;
    final DataFiles files;
    final SpaceMap space;
    final ShareTable shares;
    final Seals seals;
    final Pins pins;
    final NodeStore store;
    final Retirement retirement;
    final Disposal disposal;
    final PoolState state;
    final GrainReader reader;
    final Superblocks superblocks;
    final PoolFile walFile;
    final Admission admission;
    final Maintenance maintenance;
    final long walId;

    /** One administrative act, or one cut, at a time. */
    final ReentrantLock admin = new ReentrantLock();

    /** Held for a slice of background work. */
    final ReentrantLock slices = new ReentrantLock();

    /** Set when the opening ends; whoever enters a guard afterwards must not touch a file. */
    volatile boolean closed;

    final Wal wal;
    final Barrier barrier;
    final Checkpointer checkpointer;

    /** What recovery hands over. */
    record Found(
            PoolFiles directory,
            Superblock superblock,
            CheckpointImage.Places places,
            Superblocks superblocks,
            PoolFile walFile,
            Parts parts,
            UUID bootId,
            long lastLsn,
            long walPosition) {}

    /** What exists before the log can be read. */
    static final class Parts {
        final Layout layout;
        final Rules rules;
        final Guards guards = new Guards();
        final Health health;
        final DataFiles files;
        final SpaceMap space;
        final ShareTable shares = new ShareTable();
        final Seals seals = new Seals();
        final NodeStore store;
        final Retirement retirement;
        final Disposal disposal;
        final PoolState state;

        Parts(PoolFiles directory, Layout layout, Rules rules) {
            this.layout = layout;
            this.rules = rules;
            health = new Health(directory.name());
            files = new DataFiles(directory, layout, health);
            space = new SpaceMap(layout, files, Reserve.segments(layout));
            store = new NodeStore(layout, files, space);
            retirement = new Retirement(space, guards, rules);
            disposal = new Disposal(space, retirement);
            state = new PoolState(layout, store, space, disposal);
        }
    }

    PoolCore(Found found, PoolOpenOptions options) {
        Parts p = found.parts();
        this.directory = found.directory();
        this.name = directory.name();
        this.layout = p.layout;
        this.options = options;
        this.rules = p.rules;
        this.guards = p.guards;
        this.health = p.health;
        this.files = p.files;
        this.space = p.space;
        this.shares = p.shares;
        this.seals = p.seals;
        this.pins = new Pins(p.shares, p.seals);
        this.store = p.store;
        this.retirement = p.retirement;
        this.disposal = p.disposal;
        this.state = p.state;
        this.superblocks = found.superblocks();
        this.walFile = found.walFile();
        this.reader = new GrainReader(layout, store, files);
        this.walId = found.superblock().walId() + 1;
        this.wal =
                new Wal(
                        walFile,
                        found.superblock().walBytes(),
                        new WalBatch.Context(found.bootId(), walId, found.superblock().pool()),
                        this::apply,
                        health,
                        found.walPosition(),
                        found.lastLsn(),
                        found.superblock().generation());
        this.barrier = new Barrier(files, wal, health, retirement, rules, found.lastLsn());
        this.checkpointer = new Checkpointer(this, found.superblock(), found.places());
        this.admission = new Admission(this, Reserve.dirtyNodeBytes(layout, options));
        this.maintenance = new Maintenance(this);
    }

    private void apply(long lsn, WalRecord record, @Nullable Replaced replaced) {
        try {
            state.apply(lsn, record, replaced);
        } catch (RuntimeException e) {
            health.fail("record " + lsn + " could not take effect: " + e.getMessage(), e);
            throw e;
        }
    }

    /** Whether all commands inside these closed gates have ended within the drain limit. */
    boolean drained(Collection<Volume> volumes) {
        long deadline = System.nanoTime() + options.drainLimit().toNanos();
        for (Volume v : volumes) {
            if (!v.gate.awaitDrained(deadline)) {
                return false;
            }
        }
        return true;
    }

    /** Whether waiting for a checkpoint may give grains back. */
    boolean spaceMayComeBack() {
        return retirement.anythingPending()
                || checkpointer.somethingUnnamed()
                || !state.jobs.isEmpty();
    }

    /** Closes the files; nothing uses them any more. */
    void closeFiles() throws IOException {
        try {
            files.close();
        } finally {
            try {
                walFile.close();
            } finally {
                superblocks.close();
            }
        }
    }
}
