package io.tidegate.pool;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.collections.impl.list.mutable.primitive.LongArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pool in memory as an opening has it: the last checkpoint, and the log replayed onto it. Reads
 * and validates everything that an opening relies on and writes nothing, so it serves the check,
 * and an opening that refuses leaves every file as it was.
 *
 * <pre>
 *   sizes of the files | free map, directory | the log: how far, is a batch missing
 *       | block what any record points to | replay
 * </pre>
 */
final class PoolImage {

    private static final Logger LOG = LoggerFactory.getLogger(PoolImage.class);
    private static final int MOST_PLACES = 20;

    final Superblock superblock;
    final PoolCore.Parts parts;
    private final String name;
    private final PoolFile wal;
    private final RecordCheck check;
    private final Wal.Effect effect;

    /** What the last durable checkpoint holds. */
    CheckpointImage.Places places = CheckpointImage.Places.none(0);

    /** The highest LSN that the log shows, believed or not. */
    long lastLsn;

    /** Where the log's last batch ends. */
    long end;

    /** Records that were replayed. */
    long records;

    private long covered;
    private boolean any;

    /**
     * @param parts fresh, with their data files open
     */
    PoolImage(String name, Superblock superblock, PoolFile wal, PoolCore.Parts parts) {
        this.name = name;
        this.superblock = superblock;
        this.wal = wal;
        this.parts = parts;
        this.check = new RecordCheck(parts.state, parts.space, parts.layout);
        this.effect = parts.rules.effects(parts.state);
    }

    /**
     * Refuses what cannot be: files that are missing or short, structures larger than what they
     * stand in. Before anything of the superblock's sizes is allocated in memory.
     */
    static void requireFiles(PoolFiles directory, Superblock s, PoolFile wal) throws IOException {
        if (wal.size() < s.walBytes()) {
            throw new DamageException(
                    Recovery.WAL
                            + " has "
                            + wal.size()
                            + " bytes, the superblock says "
                            + s.walBytes());
        }
        if (s.onDevices()) {
            // Each is opened once, by the data files: for exclusive use, and against its label.
            return;
        }
        long data = 0;
        for (String file : directory.names()) {
            if (file.startsWith(DataFiles.PREFIX)) {
                PoolFile f = directory.open(file);
                try {
                    data += f.size();
                } finally {
                    f.close();
                }
            }
        }
        for (Superblock.Blob blob : List.of(s.directory(), s.space(), s.shares())) {
            if (blob.lengthBytes() > data) {
                throw new DamageException(
                        "the superblock names a structure of "
                                + blob.lengthBytes()
                                + " bytes, and the data files, "
                                + DataFiles.name(0)
                                + " and on, have "
                                + data
                                + " in all: they are missing or cut off");
            }
        }
    }

    /**
     * @param sameBoot whether all that was written is still there; else the log counts as far as a
     *     barrier covers it
     * @param otherIsValid whether both superblocks are
     * @throws DamageException with the place; nothing was written
     */
    void load(boolean sameBoot, boolean otherIsValid) throws IOException {
        parts.space.plan();
        places = loadSpace();
        requireSegments();
        look();
        survey(sameBoot, otherIsValid);
        replay(sameBoot);
        // What the log mapped must be there as well.
        requireSegments();
    }

    private void requireSegments() throws IOException {
        List<String> missing = missing();
        if (!missing.isEmpty()) {
            throw new DamageException(String.join("; ", missing));
        }
    }

    private CheckpointImage.Places loadSpace() throws IOException {
        LongArrayList directoryPages = new LongArrayList();
        LongArrayList indexPages = new LongArrayList();
        LongArrayList sharePages = new LongArrayList();
        PoolCore.Parts p = parts;
        byte[] index =
                Blobs.read(superblock.space(), NodeImage.Kind.SPACE_INDEX, p.store, indexPages);
        long[] spaceAt = new long[p.space.pages()];
        if (index.length != spaceAt.length * Long.BYTES) {
            throw new DamageException("free map: index of " + index.length + " bytes");
        }
        ByteBuffer.wrap(index).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(spaceAt);
        for (int i = 0; i < spaceAt.length; i++) {
            // A page of which nothing is in use need not exist.
            if (spaceAt[i] != 0) {
                p.space.decode(i, p.store.read(spaceAt[i], NodeImage.Kind.SPACE, i));
            }
        }
        p.space.loaded();
        p.space.reserve(Reserve.segments(p.space.usable()));
        byte[] content =
                Blobs.read(
                        superblock.directory(), NodeImage.Kind.DIRECTORY, p.store, directoryPages);
        DirectoryCodec.decode(content, p.state, p.store);
        for (Volume v : p.state.bySerial.values()) {
            v.headList.tail();
        }
        p.shares.decode(
                Blobs.read(superblock.shares(), NodeImage.Kind.SHARES, p.store, sharePages));
        return new CheckpointImage.Places(directoryPages, indexPages, sharePages, spaceAt);
    }

    /** Data files that do not hold what the free map says. */
    private List<String> missing() throws IOException {
        Layout layout = parts.layout;
        long[] needed = new long[layout.files()];
        for (int s = 1; s < layout.segments(); s++) {
            if (parts.space.live(s)) {
                long first = layout.firstPage(s);
                needed[layout.fileOf(first)] = layout.offsetInFile(first) + layout.segmentBytes();
            }
        }
        List<String> missing = new ArrayList<>();
        for (int i = 0; i < needed.length && missing.size() < MOST_PLACES; i++) {
            long size = parts.files.size(i);
            if (needed[i] > 0 && size < 0) {
                missing.add(DataFiles.name(i) + " is missing");
            } else if (needed[i] > 0 && size < needed[i]) {
                missing.add(
                        DataFiles.name(i)
                                + " has "
                                + size
                                + " bytes, its segments need "
                                + needed[i]);
            }
        }
        return missing;
    }

    /**
     * Reads the whole log once. Nothing that any of its records points to may be handed out before
     * recovery's own checkpoint: recovery may be cut off and run again under another rule.
     */
    private void look() throws IOException {
        lastLsn = superblock.checkpointLsn();
        covered = lastLsn;
        end = new WalScan(wal, superblock, parts.rules).each(this::see);
    }

    private void see(WalBatch batch) throws IOException {
        any = true;
        lastLsn = Math.max(lastLsn, batch.lastLsn());
        if (batch.barrier()) {
            covered = Math.max(covered, batch.coveredLsn());
        }
        long lsn = batch.firstLsn();
        for (WalRecord r : batch.records()) {
            if (r instanceof WalRecord.MapRun m) {
                block(lsn, r, m.address(), m.count());
            } else if (r instanceof WalRecord.Share m) {
                block(lsn, r, m.address(), m.count());
            }
            lsn++;
        }
    }

    private void block(long lsn, WalRecord r, long address, int count) throws DamageException {
        if (count > 0) {
            check.address(lsn, r, address, count);
            try {
                parts.space.block(address, count);
            } catch (IllegalStateException e) {
                throw RecordCheck.damage(lsn, r, e.getMessage());
            }
        }
    }

    /**
     * Tells an end of the log from a hole in it, and a superblock that never was durable from one
     * that has rotted.
     */
    private void survey(boolean sameBoot, boolean otherIsValid) throws IOException {
        if (superblock.clean() && otherIsValid && any) {
            return;
        }
        WalScan.Survey found = new WalScan(wal, superblock, parts.rules).survey(lastLsn, end);
        if (found.batches() == 0) {
            throw new DamageException(
                    Recovery.WAL + " holds no batch of this pool: it is damaged or another pool's");
        }
        Rules rules = parts.rules;
        if (rules.generationNamed()
                && !otherIsValid
                && found.highestGeneration() > superblock.generation()) {
            throw new DamageException(
                    Superblocks.FILE
                            + ": one superblock is damaged, and the other, generation "
                            + superblock.generation()
                            + ", is too old to be used: the log names generation "
                            + found.highestGeneration());
        }
        // A barrier is begun only when the one before is durable with all before it: of batches
        // that were not synced yet one may be missing before one barrier, never before two.
        boolean hole = found.later() > 0 && (sameBoot || !any && !otherIsValid);
        if (rules.gapsRefused() && (hole || found.laterBarriers() > 1)) {
            throw new DamageException(
                    Recovery.WAL
                            + " is damaged at offset "
                            + end % superblock.walBytes()
                            + ", behind record "
                            + lastLsn
                            + ": "
                            + found.later()
                            + " whole batches stand behind that place");
        }
    }

    private void replay(boolean sameBoot) throws IOException {
        long until = sameBoot ? lastLsn : Math.min(lastLsn, covered);
        LOG.info(
                "pool {} replays LSN {} to {} of {} ({} rule)",
                name,
                superblock.checkpointLsn() + 1,
                until,
                lastLsn,
                sameBoot ? "same-boot" : "power-loss");
        new WalScan(wal, superblock, parts.rules)
                .each(
                        batch -> {
                            long lsn = batch.firstLsn();
                            for (WalRecord r : batch.records()) {
                                if (lsn <= until) {
                                    apply(lsn, r);
                                }
                                lsn++;
                            }
                        });
        parts.state.bySerial.values().forEach(Volume::lowerHorizon);
    }

    private void apply(long lsn, WalRecord r) throws IOException {
        check.fits(lsn, r);
        try {
            effect.apply(lsn, r, null);
            records++;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } catch (IllegalStateException
                | IllegalArgumentException
                | IndexOutOfBoundsException
                | NullPointerException
                | ArithmeticException e) {
            // What a record meets comes from disk as well.
            throw RecordCheck.damage(lsn, r, e.toString());
        }
    }
}
