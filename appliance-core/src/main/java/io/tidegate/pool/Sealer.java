package io.tidegate.pool;

import io.tidegate.volume.SnapshotId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;
import org.eclipse.collections.impl.list.mutable.primitive.LongArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Seals what snapshots froze: for each snapshot, oldest of a volume first, the grains that were
 * born since the one before it. The checksum is the one of the moment of writing where it is still
 * known, else the grain is read. Which snapshots are done stands in the directory, so the work goes
 * on after a restart.
 *
 * <p>Works in pieces. During a piece nobody deletes a snapshot or a volume ({@link #awaitPiece}),
 * so the grains at hand can neither change nor be freed: they are frozen as long as their snapshot
 * is. Between pieces nothing is held; a snapshot that was deleted meanwhile ends its work. The
 * thread rests after each piece for as long as the piece took.
 */
final class Sealer {

    private static final Logger LOG = LoggerFactory.getLogger(Sealer.class);

    /** Data that one piece seals. */
    private static final int PIECE_BYTES = 1 << 20;

    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long MIN_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long STOP_POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** A page of checksums, and the page of the free map that names it. */
    private static final int NODES_FOR_A_SEGMENT = 2;

    private static final int MOST_DIRTY_PAGES = 4096;
    private static final int LEAST_DIRTY_PAGES = 8;

    /** So many grains of one snapshot may be unreadable before its sealing is given up. */
    private static final int MOST_UNREADABLE = 16;

    private final PoolCore core;
    private final Layout layout;
    private final int mostDirtyPages;
    private final ReentrantLock piece = new ReentrantLock();
    private final CRC32C crc = new CRC32C();
    private @Nullable ByteBuffer buffer;
    private volatile @Nullable Thread thread;
    private volatile boolean stopping;

    /** What is worked on; under the lock of the piece. */
    private @Nullable Snapshot current;

    private int since;
    private long nextGrain;
    private int unreadable;

    /** Their maps cannot be read, or too much of their data; tried again in the next opening. */
    private final Set<SnapshotId> givenUp = new HashSet<>();

    Sealer(PoolCore core) {
        this.core = core;
        this.layout = core.layout;
        long quarter = Reserve.dirtyNodeBytes(layout, core.options) / Layout.PAGE_BYTES / 4;
        this.mostDirtyPages =
                (int) Math.max(LEAST_DIRTY_PAGES, Math.min(MOST_DIRTY_PAGES, quarter));
    }

    // The thread --------------------------------------------------------------------------------

    void start() {
        if (!core.checksums) {
            return;
        }
        Thread t = new Thread(this::run, "pool-seal-" + core.name);
        t.setDaemon(true);
        t.setPriority(Thread.MIN_PRIORITY);
        thread = t;
        t.start();
    }

    /** Returns when the piece under way has ended and the thread with it. */
    void stop() {
        stopping = true;
        Thread t = thread;
        while (t != null && t.isAlive()) {
            LockSupport.unpark(t);
            LockSupport.parkNanos(STOP_POLL_NANOS);
        }
    }

    /** There may be something to do. */
    void wake() {
        LockSupport.unpark(thread);
    }

    private void run() {
        while (!stopping) {
            long began = System.nanoTime();
            boolean more = false;
            try {
                more = step();
            } catch (RuntimeException e) {
                LOG.error("pool {}: sealing failed, goes on later", core.name, e);
            }
            long took = System.nanoTime() - began;
            if (!stopping) {
                LockSupport.parkNanos(this, more ? Math.max(MIN_PAUSE_NANOS, took) : IDLE_NANOS);
            }
        }
    }

    /**
     * Waits for the piece under way. Whoever holds the admin lock afterwards knows that no other
     * begins before he lets go of it.
     */
    void awaitPiece() {
        piece.lock();
        piece.unlock();
    }

    // Pieces ------------------------------------------------------------------------------------

    /** Does one piece; true when there is more to do at once. */
    boolean step() {
        if (!core.checksums || !core.health.writable()) {
            return false;
        }
        if (core.seals.dirtyPages() >= mostDirtyPages) {
            core.maintenance.wantCheckpoint();
            return false;
        }
        Snapshot s;
        core.admin.lock();
        try {
            s = choose();
            if (s == null) {
                return false;
            }
            piece.lock();
        } finally {
            core.admin.unlock();
        }
        try {
            return seal(s);
        } catch (IOException e) {
            LOG.warn(
                    "pool {}: snapshot {} cannot be sealed, its data stays unchecked; the next"
                            + " opening of the pool tries again",
                    core.name,
                    s.id,
                    e);
            givenUp.add(s.id);
            return true;
        } finally {
            piece.unlock();
        }
    }

    /** The snapshot to go on with. Under the admin lock, so that none comes or goes. */
    private @Nullable Snapshot choose() {
        Snapshot now = current;
        if (now != null && open(now) && since == before(now)) {
            return now;
        }
        current = null;
        for (Volume v : core.state.bySerial.values()) {
            for (Snapshot s : v.snapshots) {
                if (open(s)) {
                    begin(s);
                    return s;
                }
            }
        }
        return null;
    }

    private boolean open(Snapshot s) {
        return !s.sealed && core.state.snapshots.get(s.id) == s && !givenUp.contains(s.id);
    }

    private void begin(Snapshot s) {
        current = s;
        since = before(s);
        nextGrain = 0;
        unreadable = 0;
    }

    /**
     * The epoch of the snapshot before, or of the origin: what is older is sealed with that one.
     */
    private static int before(Snapshot s) {
        Volume v = s.volume;
        int i = v.snapshots.indexOf(s);
        return i == 0 ? v.originEpoch() : v.snapshots.get(i - 1).epoch;
    }

    private boolean seal(Snapshot s) throws IOException {
        Guards.Guard guard = core.guards.enter();
        try {
            if (core.closed) {
                return false;
            }
            int most = PIECE_BYTES >>> layout.grainShift();
            SealWalk walk = new SealWalk(core.store, since, nextGrain, most);
            boolean end = walk.run(core.store.node(s.root));
            LongArrayList grains = walk.found.reject(core.seals::checked);
            long[] sums = sums(grains);
            if (!set(grains, sums, end ? s : null)) {
                return false;
            }
            nextGrain = walk.nextGrain();
            return true;
        } finally {
            core.guards.leave(guard);
        }
    }

    /** Sums as they were written, or as the grains read now; {@link Seals#UNCHECKED} for none. */
    private long[] sums(LongArrayList grains) throws IOException {
        long[] sums = new long[grains.size()];
        for (int i = 0; i < sums.length; i++) {
            sums[i] = core.seals.written.get(grains.get(i));
        }
        int i = 0;
        while (i < sums.length) {
            int n = 1;
            if (sums[i] == Seals.UNCHECKED) {
                while (i + n < sums.length
                        && sums[i + n] == Seals.UNCHECKED
                        && inARow(grains, i, n)) {
                    n++;
                }
                read(grains, i, n, sums);
            }
            i += n;
        }
        return sums;
    }

    private boolean inARow(LongArrayList grains, int first, int n) {
        long address = grains.get(first);
        long next = grains.get(first + n);
        return next == address + ((long) n << layout.grainPageShift())
                && layout.fileOf(next) == layout.fileOf(address);
    }

    private void read(LongArrayList grains, int first, int n, long[] sums) throws IOException {
        try {
            ByteBuffer b = buffer(n);
            core.files.read(grains.get(first), 0, b);
            for (int i = 0; i < n; i++) {
                crc.reset();
                crc.update(
                        b.limit(i + 1 << layout.grainShift()).position(i << layout.grainShift()));
                sums[first + i] = crc.getValue();
            }
        } catch (IOException e) {
            if (n > 1) {
                for (int i = 0; i < n; i++) {
                    read(grains, first + i, 1, sums);
                }
            } else {
                unreadable(grains.get(first), e);
            }
        }
    }

    private ByteBuffer buffer(int grains) {
        ByteBuffer b = buffer;
        if (b == null) {
            b = ByteBuffer.allocateDirect(PIECE_BYTES);
            buffer = b;
        }
        return b.clear().limit(grains << layout.grainShift());
    }

    private void unreadable(long address, IOException e) throws IOException {
        if (++unreadable > MOST_UNREADABLE) {
            throw e;
        }
        LOG.warn(
                "pool {}: the grain at page {} ({}) cannot be read and stays unchecked",
                core.name,
                address,
                core.files.place(address),
                e);
    }

    /**
     * Makes sums count, all between two cuts of a checkpoint.
     *
     * @param done the snapshot if this was its last piece
     * @return false when the pool has no room for a page of checksums
     */
    private boolean set(LongArrayList grains, long[] sums, @Nullable Snapshot done)
            throws IOException {
        Map<Integer, int[]> opened = new HashMap<>();
        for (int i = 0; i < sums.length; i++) {
            int segment = layout.segmentOf(grains.get(i));
            if (!opened.containsKey(segment)) {
                opened.put(segment, core.seals.open(segment, core.store));
            }
        }
        core.slices.lock();
        try {
            if (!claim(opened.keySet())) {
                return false;
            }
            for (int i = 0; i < sums.length; i++) {
                int[] sumsOfSegment = opened.get(layout.segmentOf(grains.get(i)));
                if (sums[i] != Seals.UNCHECKED && sumsOfSegment != null) {
                    core.seals.seal(grains.get(i), sumsOfSegment, (int) sums[i]);
                }
            }
            if (done != null) {
                done.sealed = true;
                LOG.debug("pool {}: snapshot {} is sealed", core.name, done.id);
            }
            core.checkpointer.dirtied();
            return true;
        } finally {
            core.slices.unlock();
        }
    }

    /**
     * Space for the pages that the next checkpoint writes; it gives back what it does not use. Half
     * of the reserve stays for what a full pool needs to become less full.
     */
    private boolean claim(Set<Integer> segments) {
        int nodes = 0;
        for (int segment : segments) {
            nodes += core.seals.dirty(segment) ? 0 : NODES_FOR_A_SEGMENT;
        }
        int spare = Reserve.segments(layout) / 2 * layout.nodesPerSegment();
        if (!core.space.claims.claimSpareNodes(nodes, spare)) {
            return false;
        }
        core.seals.claimed(nodes);
        return true;
    }
}
