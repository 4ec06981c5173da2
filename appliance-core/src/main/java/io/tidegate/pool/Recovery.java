package io.tidegate.pool;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a pool to the state that may be trusted.
 *
 * <pre>
 *  which rule | (drop the cache) | read and validate all, replay in memory
 *             | sync everything | space for the replay's nodes | checkpoint | token
 * </pre>
 *
 * Same-boot rule: with the token of this boot everything that was written is still there, so the
 * whole log counts. Power-loss rule: the log counts up to the last LSN that a barrier covers.
 *
 * <p>Up to the syncs nothing is written: a pool that is refused is left as it was.
 */
final class Recovery {

    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);
    private static final long LSN_GAP = 1 << 20;
    static final String WAL = "pool.wal";

    private final PoolFiles directory;
    private final PoolOpenOptions options;
    private final Rules rules;
    private final UUID bootId;

    Recovery(PoolFiles directory, PoolOpenOptions options, Rules rules, UUID bootId) {
        this.directory = directory;
        this.options = options;
        this.rules = rules;
        this.bootId = bootId;
    }

    /** A pool ready for use, and its token. */
    record Opened(PoolCore core, BootToken token) {}

    /** The files of a pool, as far as they are open. */
    private final class Ground {
        final Superblocks superblocks;
        final PoolFile wal;
        private @Nullable DataFiles data;

        Ground() throws IOException {
            List<String> names = directory.names();
            for (String needed : List.of(Superblocks.FILE, WAL)) {
                if (!names.contains(needed)) {
                    throw new DamageException(needed + " is missing");
                }
            }
            superblocks = new Superblocks(directory.open(Superblocks.FILE));
            boolean good = false;
            try {
                wal = directory.open(WAL);
                good = true;
            } finally {
                if (!good) {
                    superblocks.close();
                }
            }
        }

        /** Parts for a superblock, with the data files open. */
        PoolCore.Parts parts(Superblock s) throws IOException {
            PoolImage.requireFiles(directory, s, wal);
            PoolCore.Parts parts = new PoolCore.Parts(directory, s.layout(), rules, options);
            closeData();
            data = parts.files;
            parts.files.open(s.layout().files(), s.onDevices() ? s.pool() : null);
            return parts;
        }

        private void closeData() throws IOException {
            DataFiles open = data;
            data = null;
            if (open != null) {
                open.close();
            }
        }

        void close() throws IOException {
            try {
                closeData();
            } finally {
                try {
                    wal.close();
                } finally {
                    superblocks.close();
                }
            }
        }
    }

    Opened open() throws IOException {
        Ground ground = new Ground();
        boolean good = false;
        try {
            Opened opened = open(ground);
            good = true;
            return opened;
        } finally {
            if (!good) {
                ground.close();
            }
        }
    }

    private Opened open(Ground ground) throws IOException {
        Superblock first = ground.superblocks.read().newest();
        if (first.onDevices()) {
            // The token names the devices as they are attached, which shows once they are open.
            ground.parts(first);
        }
        BootToken token = token(first);
        boolean sameBoot = token.present() || !rules.tokenNeeded();
        boolean distrust = !sameBoot && !closed(ground);
        Superblocks.Found found = ground.superblocks.read();
        Superblock s = found.newest();
        PoolCore.Parts parts = ground.parts(s);
        PoolImage image = new PoolImage(directory.name(), s, ground.wal, parts);
        image.load(sameBoot, found.bad() == null);
        if (found.bad() != null) {
            LOG.warn("pool {}: {}; the next checkpoint mends it", directory.name(), found.bad());
        }
        parts.health.beforeFailing(token::remove);
        if (rules.recoverySyncsFirst()) {
            syncAll(ground, parts);
        }
        parts.space.realize();
        PoolCore core =
                new PoolCore(
                        new PoolCore.Found(
                                directory,
                                s,
                                image.places,
                                ground.superblocks,
                                ground.wal,
                                parts,
                                bootId,
                                image.lastLsn + LSN_GAP,
                                (image.end / s.walBytes() + 1) * s.walBytes()),
                        options);
        settle(core);
        if (distrust && !options.acknowledgeLoss()) {
            core.health.readOnly(
                    "writes since the last good sync may be lost; acknowledge it by a reopening");
        } else {
            token.make();
        }
        return new Opened(core, token);
    }

    /**
     * Whether the pool was closed as it should be, or a loss of power has ended it; if a process of
     * this boot had it, and left no token, a sync may have failed. A page that a failed sync left
     * behind looks like any other in the cache: without a token nothing there counts.
     */
    private boolean closed(Ground ground) throws IOException {
        if (rules.cacheDropped()) {
            ground.superblocks.dropCache();
        }
        Superblock s = ground.superblocks.read().newest();
        if (s.clean()) {
            return true;
        }
        if (rules.cacheDropped()) {
            ground.wal.dropCache();
            ground.parts(s).files.dropCache();
        }
        return !new WalScan(ground.wal, s, rules).anyOf(bootId);
    }

    private BootToken token(Superblock s) throws IOException {
        return BootToken.of(options.tokenDirectory(), s.pool(), bootId, directory.identity());
    }

    /** What the cache shows may not be on disk yet, and what follows builds on it. */
    private void syncAll(Ground ground, PoolCore.Parts parts) throws IOException {
        try {
            ground.superblocks.sync();
            SyncFailure.sync(ground.wal, WAL);
            parts.files.syncAll();
            SyncFailure.syncNames(directory);
        } catch (IOException e) {
            parts.health.noticed(e);
            throw e;
        }
    }

    /** The checkpoint that makes what was replayed the new beginning. */
    private static void settle(PoolCore core) throws IOException {
        // A grain that the replay freed may have been mapped again by a later record.
        core.retirement.forget();
        if (!core.checkpointer.run(false)) {
            throw new IllegalStateException("nothing runs yet, and yet it does not drain");
        }
        core.space.unblockUnused();
        core.shares.settle();
        if (!core.space.claims.promisesHold()) {
            LOG.warn(
                    "pool {} has less free space than its reserved volumes are promised: {} grains"
                            + " are set aside. Their writes may fail for want of space until"
                            + " something is deleted or the pool is grown",
                    core.name,
                    core.space.promises.total());
        }
    }

    /** Counts owners in what an opening would see; writes nothing. */
    PoolCheckReport check() throws IOException {
        Ground ground = new Ground();
        try {
            Superblocks.Found found = ground.superblocks.read();
            Superblock s = found.newest();
            List<String> notes = new ArrayList<>();
            if (found.bad() != null) {
                notes.add(found.bad() + "; an opening mends it");
            }
            PoolCheckReport report = PoolCheckReport.of(s.generation(), notes);
            try {
                PoolCore.Parts parts = ground.parts(s);
                PoolImage image = new PoolImage(directory.name(), s, ground.wal, parts);
                image.load(token(s).present() || !rules.tokenNeeded(), found.bad() == null);
                report = report.replayed(image.records);
                CheckImage all =
                        new CheckImage(parts.space, parts.state, parts.shares, image.places);
                return report.with(new Ownership(parts.space, parts.store, all).count());
            } catch (DamageException e) {
                return report.with(String.valueOf(e.getMessage()));
            }
        } finally {
            ground.close();
        }
    }
}
