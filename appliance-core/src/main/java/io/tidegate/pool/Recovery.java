package io.tidegate.pool;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.UUID;
import org.eclipse.collections.impl.list.mutable.primitive.LongArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a pool to the state that may be trusted.
 *
 * <pre>
 *  which rule | (drop the cache) | sync everything | superblock | free map, directory
 *             | block what any record points to | replay | checkpoint | token
 * </pre>
 *
 * Same-boot rule: with the token of this boot everything that was written is still there, so the
 * whole log counts. Power-loss rule: the log counts up to the last LSN that a barrier covers.
 */
final class Recovery {

    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);
    private static final long LSN_GAP = 1 << 20;
    static final String WAL = "pool.wal";

    private final PoolFiles directory;
    private final PoolOpenOptions options;
    private final Rules rules;
    private final UUID bootId;
    private CheckpointImage.Places places = CheckpointImage.Places.none(0);

    Recovery(PoolFiles directory, PoolOpenOptions options, Rules rules, UUID bootId) {
        this.directory = directory;
        this.options = options;
        this.rules = rules;
        this.bootId = bootId;
    }

    /** A pool ready for use, and its token. */
    record Opened(PoolCore core, BootToken token) {}

    /** What a first look at the log shows. */
    private static final class Tail {
        long lastLsn;
        long covered;
        long end;
        boolean ofThisBoot;
    }

    Opened open() throws IOException {
        Superblocks superblocks =
                new Superblocks(directory.open(Superblocks.FILE), directory.name());
        @Nullable PoolFile wal = null;
        PoolCore.@Nullable Parts parts = null;
        boolean good = false;
        try {
            wal = directory.open(WAL);
            Superblock first = superblocks.read().newest();
            parts = new PoolCore.Parts(directory, first.layout(), rules, options);
            open(parts.files, first);
            Opened opened = open(superblocks, wal, parts, first);
            good = true;
            return opened;
        } finally {
            if (!good) {
                if (parts != null) {
                    parts.files.close();
                }
                if (wal != null) {
                    wal.close();
                }
                superblocks.close();
            }
        }
    }

    private static void open(DataFiles files, Superblock s) throws IOException {
        files.open(s.layout().files(), s.onDevices() ? s.pool() : null);
    }

    /** Counts owners as of the last checkpoint; writes nothing. */
    PoolCheckReport check() throws IOException {
        Superblocks superblocks =
                new Superblocks(directory.open(Superblocks.FILE), directory.name());
        try {
            Superblock s = superblocks.read().newest();
            PoolCore.Parts p = new PoolCore.Parts(directory, s.layout(), rules, options);
            try {
                open(p.files, s);
                CheckpointImage.Places at = loadSpace(s, p);
                return new Ownership(
                                p.space, p.store, new CheckImage(p.space, p.state, p.shares, at))
                        .count();
            } finally {
                p.files.close();
            }
        } finally {
            superblocks.close();
        }
    }

    private Opened open(
            Superblocks superblocks, PoolFile wal, PoolCore.Parts parts, Superblock first)
            throws IOException {
        BootToken token =
                BootToken.of(options.tokenDirectory(), first.pool(), bootId, directory.identity());
        boolean sameBoot = token.present() || !rules.tokenNeeded();
        boolean distrust = !sameBoot && !first.clean() && look(wal, first, parts).ofThisBoot;
        if (distrust && rules.cacheDropped()) {
            superblocks.dropCache();
            wal.dropCache();
            parts.files.dropCache();
        }
        if (rules.recoverySyncsFirst()) {
            // What the cache shows may not be on disk yet, and what follows builds on it.
            superblocks.sync();
            wal.sync();
            parts.files.syncAll();
            directory.syncDirectory();
        }

        Superblocks.Found found = superblocks.read();
        Superblock s = found.newest();
        // The files were opened for the first look.
        PoolCore.Parts p = new PoolCore.Parts(parts.files, s.layout(), rules, options);
        Tail tail = load(s, wal, p, found.otherIsValid(), sameBoot);
        PoolCore core =
                new PoolCore(
                        new PoolCore.Found(
                                directory,
                                s,
                                places,
                                superblocks,
                                wal,
                                p,
                                bootId,
                                tail.lastLsn + LSN_GAP,
                                (tail.end / s.walBytes() + 1) * s.walBytes()),
                        options);
        core.health.beforeFailing(token::remove);
        settle(core);
        if (distrust && !options.acknowledgeLoss()) {
            core.health.readOnly(
                    "writes since the last good sync may be lost; acknowledge it by a reopening");
        } else {
            token.make();
        }
        return new Opened(core, token);
    }

    private Tail load(
            Superblock s, PoolFile wal, PoolCore.Parts p, boolean otherIsValid, boolean sameBoot)
            throws IOException {
        open(p.files, s);
        if (!otherIsValid) {
            // Before anything else: the log need not fit a free map that it has outlived.
            refuseRotten(s, wal);
        }
        places = loadSpace(s, p);
        Tail tail = look(wal, s, p);
        refuseRottenLog(s, wal, tail);
        long end = sameBoot ? tail.lastLsn : Math.min(tail.lastLsn, tail.covered);
        LOG.info(
                "pool {} replays LSN {} to {} of {} ({} rule)",
                directory.name(),
                s.checkpointLsn() + 1,
                end,
                tail.lastLsn,
                sameBoot ? "same-boot" : "power-loss");
        replay(s, wal, p.state, end);
        p.state.bySerial.values().forEach(Volume::lowerHorizon);
        return tail;
    }

    private void replay(Superblock s, PoolFile wal, PoolState state, long end) throws IOException {
        try {
            new WalScan(wal, s, rules)
                    .each(
                            batch -> {
                                long lsn = batch.firstLsn();
                                for (WalRecord r : batch.records()) {
                                    if (lsn <= end) {
                                        state.apply(lsn, r, null);
                                    }
                                    lsn++;
                                }
                            });
        } catch (UncheckedIOException e) {
            // Replay reads nodes and takes places for new ones: either may fail as any I/O.
            throw e.getCause();
        }
    }

    private CheckpointImage.Places loadSpace(Superblock s, PoolCore.Parts p) throws IOException {
        LongArrayList directoryPages = new LongArrayList();
        LongArrayList indexPages = new LongArrayList();
        byte[] index = Blobs.read(s.space(), NodeImage.Kind.SPACE_INDEX, p.store, indexPages);
        long[] spaceAt = new long[p.space.pages()];
        if (index.length != spaceAt.length * Long.BYTES) {
            throw new DamageException("free map: index of " + index.length + " bytes");
        }
        ByteBuffer.wrap(index).order(java.nio.ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(spaceAt);
        for (int i = 0; i < spaceAt.length; i++) {
            if (spaceAt[i] != 0) {
                p.space.decode(i, p.store.read(spaceAt[i], NodeImage.Kind.SPACE));
            }
        }
        p.space.loaded();
        p.space.reserve(Reserve.segments(p.space.usable()));
        byte[] content =
                Blobs.read(s.directory(), NodeImage.Kind.DIRECTORY, p.store, directoryPages);
        DirectoryCodec.decode(content, p.state, p.store);
        for (Volume v : p.state.bySerial.values()) {
            v.headList.tail();
        }
        LongArrayList sharePages = new LongArrayList();
        p.shares.decode(Blobs.read(s.shares(), NodeImage.Kind.SHARES, p.store, sharePages));
        return new CheckpointImage.Places(directoryPages, indexPages, sharePages, spaceAt);
    }

    /**
     * Reads the whole log once. Nothing that any of its records points to may be handed out before
     * recovery's own checkpoint: recovery may be cut off and run again under another rule.
     */
    private Tail look(PoolFile wal, Superblock s, PoolCore.Parts p) throws IOException {
        Tail tail = new Tail();
        tail.lastLsn = s.checkpointLsn();
        tail.covered = s.checkpointLsn();
        tail.end =
                new WalScan(wal, s, rules)
                        .each(
                                batch -> {
                                    tail.ofThisBoot |= batch.bootId().equals(bootId);
                                    tail.lastLsn = Math.max(tail.lastLsn, batch.lastLsn());
                                    if (batch.barrier()) {
                                        tail.covered = Math.max(tail.covered, batch.coveredLsn());
                                    }
                                    for (WalRecord r : batch.records()) {
                                        if (r instanceof WalRecord.MapRun m) {
                                            p.space.block(m.address(), m.count());
                                        } else if (r instanceof WalRecord.Share m) {
                                            p.space.block(m.address(), m.count());
                                        }
                                    }
                                });
        return tail;
    }

    /**
     * The older superblock may be used only if the newer one was never durable. The log's tail
     * moves only behind a durable batch that names the superblock which allows it, so a log that
     * does not reach back to this one's checkpoint names a higher generation. A log without any
     * batch behind this checkpoint is sound: power was lost before the first was durable.
     */
    private void refuseRotten(Superblock s, PoolFile wal) throws IOException {
        long named = new WalScan(wal, s, rules).highestGenerationNamed();
        if (named > s.generation() && rules.generationNamed()) {
            throw new DamageException(
                    directory.name()
                            + ": one superblock is damaged, and the other, generation "
                            + s.generation()
                            + ", is too old to be used: the log names generation "
                            + named);
        }
    }

    /** A gap in the log that no loss of power explains would lose flushed writes in silence. */
    private void refuseRottenLog(Superblock s, PoolFile wal, Tail tail) throws IOException {
        if (rules.gapsRefused()
                && new WalScan(wal, s, rules).hasRotted(tail.end, tail.lastLsn + 1)) {
            throw new DamageException(
                    "%s/%s: the batch at %d, with LSN %d, is damaged, and later ones are whole"
                            .formatted(
                                    directory.name(),
                                    WAL,
                                    tail.end % s.walBytes(),
                                    tail.lastLsn + 1));
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
}
