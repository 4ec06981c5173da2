package io.tidegate.pool;

import java.io.IOException;
import java.util.Collection;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One opening of a pool: its parts, wired. Locks are taken in this order and never the other way:
 *
 * <pre>
 *   growing | checkpoint | admin | gates closed | slices | log writer | tree of a volume | space map
 * </pre>
 *
 * Commands: admission, gate, guard, range lock, then tree, space or log queue for moments. The
 * barrier stands apart: whoever waits for it holds none of these.
 */
final class PoolCore {

    private static final Logger LOG = LoggerFactory.getLogger(PoolCore.class);

    final String name;
    final PoolFiles directory;

    /** Shapes; for the number of segments, which changes, ask the space map. */
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
    final Sealer sealer;
    final long walId;

    /** Whether data that cannot change any more is sealed with checksums. */
    final boolean checksums;

    /** One administrative act, or one cut, at a time. */
    final ReentrantLock admin = new ReentrantLock();

    /** One growth at a time, and none while the pool is closed. */
    final ReentrantLock growing = new ReentrantLock();

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
        final ShareTable shares;
        final Seals seals;
        final NodeStore store;
        final Retirement retirement;
        final Disposal disposal;
        final PoolState state;

        Parts(PoolFiles directory, Layout layout, Rules rules, PoolOpenOptions options) {
            this.layout = layout;
            this.rules = rules;
            health = new Health(directory.name(), rules);
            files = new DataFiles(directory, layout, rules, health);
            seals = new Seals(layout, rules);
            space = new SpaceMap(layout, files, Reserve.segments(layout), seals);
            store = new NodeStore(layout, files, space, new NodeCache(options.nodeCacheBytes()));
            shares = new ShareTable(layout, rules.mostShareRuns(layout));
            retirement = new Retirement(space, shares, guards, rules);
            disposal = new Disposal(space, shares, retirement, rules);
            state = new PoolState(layout, store, space, shares, disposal);
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
        this.pins = new Pins(p.shares, p.seals, p.rules);
        this.store = p.store;
        this.retirement = p.retirement;
        this.disposal = p.disposal;
        this.state = p.state;
        this.superblocks = found.superblocks();
        this.walFile = found.walFile();
        this.reader = new GrainReader(layout, store, files, seals);
        this.walId = found.superblock().walId() + 1;
        this.wal =
                new Wal(
                        walFile,
                        found.superblock().walBytes(),
                        new WalBatch.Context(found.bootId(), walId, found.superblock().pool()),
                        rules.effects(this::apply),
                        health,
                        found.walPosition(),
                        found.lastLsn(),
                        found.superblock().generation());
        this.barrier = new Barrier(files, wal, health, retirement, rules, found.lastLsn());
        this.checkpointer = new Checkpointer(this, found.superblock(), found.places());
        this.admission = new Admission(this, Reserve.dirtyNodeBytes(space.usable(), options));
        this.maintenance = new Maintenance(this);
        this.checksums = (found.superblock().features() & Superblock.INCOMPATIBLE_CHECKSUMS) != 0;
        this.sealer = new Sealer(this);
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

    /** What the host's file system can still give; no limit when it cannot tell. */
    long hostFreeBytes() {
        try {
            return directory.freeBytes();
        } catch (IOException e) {
            LOG.warn("pool {}: the file system does not tell its free space", name, e);
            return Long.MAX_VALUE;
        }
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
