package io.tidegate.pool;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReferenceArray;
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

        private DataFile(PoolFile file, boolean durable) {
            this.file = file;
            this.durable = durable;
        }
    }

    static final String PREFIX = "data-";

    private final PoolFiles directory;
    private final Layout layout;
    private final Health health;
    private final AtomicReferenceArray<@Nullable DataFile> files;

    DataFiles(PoolFiles directory, Layout layout, Health health) {
        this.directory = directory;
        this.layout = layout;
        this.health = health;
        this.files = new AtomicReferenceArray<>(layout.files());
    }

    static String name(int index) {
        return String.format("%s%04d", PREFIX, index);
    }

    /** Opens the files that exist. */
    void open() throws IOException {
        var names = directory.names();
        for (int i = 0; i < layout.files(); i++) {
            if (names.contains(name(i))) {
                files.set(i, new DataFile(directory.open(name(i)), true));
            }
        }
    }

    /**
     * Gives a segment real space. A file that this makes is durable, its name too, before any
     * record can name it. One caller at a time.
     */
    void allocate(int segment) throws IOException {
        try {
            reallyAllocate(segment);
            health.well(Health.Part.SPACE);
        } catch (IOException e) {
            health.trouble(Health.Part.SPACE, e);
            throw e;
        }
    }

    private void reallyAllocate(int segment) throws IOException {
        long address = layout.firstPage(segment);
        int index = layout.fileOf(address);
        DataFile f = files.get(index);
        if (f == null) {
            f = new DataFile(directory.create(name(index)), false);
            files.set(index, f);
            SyncFailure.syncNames(directory);
        }
        f.marked = true;
        f.file.allocate(layout.offsetInFile(address), layout.segmentBytes());
        f.marked = true;
        if (!f.durable) {
            SyncFailure.sync(f.file, name(index));
            f.durable = true;
        }
    }

    void punch(int segment) throws IOException {
        long address = layout.firstPage(segment);
        file(address).file.punch(layout.offsetInFile(address), layout.segmentBytes());
    }

    private DataFile file(long address) throws IOException {
        if (!layout.contains(address)) {
            throw new DamageException("address " + address + " lies behind the pool's end");
        }
        DataFile f = files.get(layout.fileOf(address));
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
        DataFile f = files.get(index);
        return f == null ? -1 : f.file.size();
    }

    boolean tryRead(long address, int skipBytes, ByteBuffer into) throws IOException {
        return file(address).file.tryRead(layout.offsetInFile(address) + skipBytes, into);
    }

    /** Writes and marks the file. */
    void write(long address, int skipBytes, ByteBuffer from) throws IOException {
        DataFile f = file(address);
        try {
            f.file.write(layout.offsetInFile(address) + skipBytes, from);
        } catch (IOException e) {
            health.trouble(Health.Part.DATA, e);
            throw e;
        } finally {
            // A write that failed may have changed some of the bytes, and readers see those.
            if (!f.marked) {
                f.marked = true;
            }
        }
        health.well(Health.Part.DATA);
    }

    /** Whether anything was written that no later barrier has taken yet. */
    boolean anyMarked() {
        for (int i = 0; i < files.length(); i++) {
            DataFile f = files.get(i);
            if (f != null && f.marked) {
                return true;
            }
        }
        return false;
    }

    /** Takes the marks of all files, then syncs those files. */
    void syncMarked() throws IOException {
        boolean[] taken = new boolean[files.length()];
        for (int i = 0; i < taken.length; i++) {
            DataFile f = files.get(i);
            if (f != null && f.marked) {
                f.marked = false;
                taken[i] = true;
            }
        }
        for (int i = 0; i < taken.length; i++) {
            DataFile f = files.get(i);
            if (taken[i] && f != null) {
                SyncFailure.sync(f.file, name(i));
            }
        }
    }

    /** Syncs every file and leaves the marks alone: takes work off a barrier that follows. */
    void syncAll() throws IOException {
        for (int i = 0; i < files.length(); i++) {
            DataFile f = files.get(i);
            if (f != null) {
                SyncFailure.sync(f.file, name(i));
            }
        }
    }

    void dropCache() throws IOException {
        for (int i = 0; i < files.length(); i++) {
            DataFile f = files.get(i);
            if (f != null) {
                f.file.dropCache();
            }
        }
    }

    void close() throws IOException {
        for (int i = 0; i < files.length(); i++) {
            DataFile f = files.getAndSet(i, null);
            if (f != null) {
                f.file.close();
            }
        }
    }
}
