package io.tidegate.pool;

import io.tidegate.volume.StoreException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.UUID;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The data files, addressed by page. A file that was written to carries a mark until a sync that
 * began after the write; a barrier takes the marks and syncs those files (pool barrier rule 1).
 */
final class DataFiles {

    private static final class DataFile {
        private final PoolFile file;

        /** Set after a write, before its record is queued; taken before a sync begins. */
        private volatile boolean marked;

        /** Existed at the opening, or was synced since it was made. */
        private boolean durable;

        private final String name;

        private DataFile(PoolFile file, String name, boolean durable) {
            this.file = file;
            this.name = name;
            this.durable = durable;
        }

        private void sync() throws SyncFailure {
            SyncFailure.sync(file, name);
        }
    }

    static final String PREFIX = "data-";

    private final PoolFiles directory;
    private final Layout layout;
    private final Rules rules;
    private final Health health;

    /** By number; replaced as a whole when a file is added. */
    private volatile @Nullable DataFile[] files = new DataFile[0];

    private boolean closed;

    /**
     * @param layout shapes only: files are added as the pool grows
     */
    DataFiles(PoolFiles directory, Layout layout, Rules rules, Health health) {
        this.rules = rules;
        this.health = health;
        this.directory = directory;
        this.layout = layout;
    }

    static String name(int index) {
        return String.format("data-%04d", index);
    }

    private @Nullable DataFile at(int index) {
        @Nullable DataFile[] all = files;
        return index < all.length ? all[index] : null;
    }

    private synchronized DataFile put(int index, PoolFile file, boolean durable)
            throws IOException {
        if (closed) {
            file.close();
            throw new IOException("the pool is closed");
        }
        @Nullable DataFile[] all = Arrays.copyOf(files, Math.max(files.length, index + 1));
        DataFile f = new DataFile(file, name(index), durable);
        all[index] = f;
        files = all;
        return f;
    }

    /** Takes over an open file; what was written to it is durable. */
    void add(int index, PoolFile file) throws IOException {
        put(index, file, true);
    }

    /**
     * Opens the files that exist. Raw devices have to exist and to be the right ones; nothing is
     * written to one.
     *
     * @param pool whose devices they are; null when the pool has ordinary files
     */
    void open(int number, @Nullable UUID pool) throws IOException {
        List<String> names = directory.names();
        for (int i = 0; i < number; i++) {
            if (at(i) != null) {
                continue;
            }
            if (names.contains(name(i))) {
                put(i, open(name(i), i, pool), true);
            } else if (pool != null) {
                throw new RefusedException(
                        StoreException.Kind.IO,
                        place(i)
                                + " is missing: make it a symbolic link to device "
                                + i
                                + " of pool "
                                + pool);
            }
        }
    }

    private PoolFile open(String name, int index, @Nullable UUID pool) throws IOException {
        PoolFile file = directory.open(name);
        boolean good = false;
        try {
            if (file.isDevice() != (pool != null)) {
                throw new DamageException(
                        place(index)
                                + (pool == null
                                        ? " is a raw device, but the pool lies in ordinary files"
                                        : " is an ordinary file, but the pool lies on raw devices"));
            }
            if (pool != null) {
                DeviceLabel.check(file, place(index), pool, index);
            }
            good = true;
        } finally {
            if (!good) {
                file.close();
            }
        }
        return file;
    }

    private String place(int index) {
        return directory.name() + "/" + name(index);
    }

    /**
     * Gives a segment real space. A file that this makes is durable, its name too, before any
     * record can name it.
     */
    void allocate(int segment, boolean mark) throws IOException {
        try {
            reallyAllocate(segment, mark);
            health.well(Health.Part.SPACE);
        } catch (IOException e) {
            health.trouble(Health.Part.SPACE, e);
            throw e;
        }
    }

    private synchronized void reallyAllocate(int segment, boolean mark) throws IOException {
        long address = layout.firstPage(segment);
        int index = layout.fileOf(address);
        DataFile f = at(index);
        if (f == null) {
            // A growth that was cut off may have left the file.
            boolean there = directory.names().contains(name(index));
            PoolFile file = there ? open(name(index), index, null) : directory.create(name(index));
            f = put(index, file, false);
            if (rules.namesSynced()) {
                SyncFailure.syncNames(directory);
            }
        }
        // Before as well: a failure may have given some of it.
        if (mark) {
            f.marked = true;
        }
        f.file.allocate(layout.offsetInFile(address), layout.segmentBytes());
        if (mark) {
            f.marked = true;
        }
        if (!f.durable) {
            f.sync();
            f.durable = true;
        }
    }

    void punch(int segment) throws IOException {
        long address = layout.firstPage(segment);
        file(address).file.punch(layout.offsetInFile(address), layout.segmentBytes());
    }

    private DataFile file(long address) throws IOException {
        int index = layout.fileOf(address);
        DataFile f = at(index);
        if (f == null) {
            throw new DamageException(
                    "address "
                            + address
                            + " lies in "
                            + name(layout.fileOf(address))
                            + ", which does not exist");
        }
        return f;
    }

    /** Where an address lies, for people. */
    String place(long address) {
        return name(layout.fileOf(address)) + " at byte " + layout.offsetInFile(address);
    }

    void read(long address, int skipBytes, ByteBuffer into) throws IOException {
        try {
            file(address).file.read(layout.offsetInFile(address) + skipBytes, into);
        } catch (EOFException e) {
            throw new DamageException(
                    name(layout.fileOf(address)) + " is too short: it ends before page " + address);
        }
    }

    /** Bytes of a file, -1 when it does not exist. */
    long size(int index) throws IOException {
        DataFile f = at(index);
        return f == null ? -1 : f.file.size();
    }

    boolean tryRead(long address, int skipBytes, ByteBuffer into) throws IOException {
        return file(address).file.tryRead(layout.offsetInFile(address) + skipBytes, into);
    }

    /** Writes and marks the file. */
    void write(long address, int skipBytes, ByteBuffer from) throws IOException {
        DataFile f = file(address);
        boolean before = !rules.marksAfterWrite();
        if (before) {
            f.marked = true;
        }
        try {
            f.file.write(layout.offsetInFile(address) + skipBytes, from);
        } catch (IOException e) {
            health.trouble(Health.Part.DATA, e);
            throw e;
        } finally {
            // A write that failed may have changed some of the bytes, and readers see those.
            if (!f.marked && !before) {
                f.marked = true;
            }
        }
        health.well(Health.Part.DATA);
    }

    /** Writes what the caller has synced before a record or an answer vouches for it. */
    void writeUnmarked(long address, int skipBytes, ByteBuffer from) throws IOException {
        try {
            file(address).file.write(layout.offsetInFile(address) + skipBytes, from);
        } catch (IOException e) {
            health.trouble(Health.Part.DATA, e);
            throw e;
        }
        health.well(Health.Part.DATA);
    }

    /** Syncs the files in which these addresses lie, each once. */
    void syncFilesOf(LongStream addresses) throws IOException {
        BitSet numbers = new BitSet();
        addresses.forEach(address -> numbers.set(layout.fileOf(address)));
        sync(numbers);
    }

    /** Leaves files to the next barrier. */
    void mark(BitSet numbers) {
        numbers.stream()
                .forEach(
                        i -> {
                            DataFile f = at(i);
                            if (f != null) {
                                f.marked = true;
                            }
                        });
    }

    /** Syncs files by number and leaves the marks alone. */
    void sync(BitSet numbers) throws IOException {
        for (int i = numbers.nextSetBit(0); i >= 0; i = numbers.nextSetBit(i + 1)) {
            DataFile f = at(i);
            if (f != null) {
                f.sync();
            }
        }
    }

    /** Whether anything was written that no later barrier has taken yet. */
    boolean anyMarked() {
        for (DataFile f : files) {
            if (f != null && f.marked) {
                return true;
            }
        }
        return false;
    }

    /** Takes the marks of all files, then syncs those files. */
    void syncMarked() throws IOException {
        List<DataFile> taken = new ArrayList<>();
        for (DataFile f : files) {
            if (f != null && f.marked) {
                f.marked = false;
                taken.add(f);
            }
            if (!taken.isEmpty() && !rules.barrierSyncsAllFiles()) {
                break;
            }
        }
        for (DataFile f : taken) {
            f.sync();
        }
    }

    /** Syncs every file and leaves the marks alone: takes work off a barrier that follows. */
    void syncAll() throws IOException {
        for (DataFile f : files) {
            if (f != null) {
                f.sync();
            }
        }
    }

    void dropCache() throws IOException {
        for (DataFile f : files) {
            if (f != null) {
                f.file.dropCache();
            }
        }
    }

    synchronized void close() throws IOException {
        closed = true;
        @Nullable DataFile[] all = files;
        files = new DataFile[0];
        for (DataFile f : all) {
            if (f != null) {
                f.file.close();
            }
        }
    }
}
