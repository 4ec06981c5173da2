package io.tidegate.pool;

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

        private DataFile(PoolFile file) {
            this.file = file;
        }
    }

    private final PoolFiles directory;
    private final Layout layout;
    private final Rules rules;
    private final AtomicReferenceArray<@Nullable DataFile> files;

    DataFiles(PoolFiles directory, Layout layout, Rules rules) {
        this.rules = rules;
        this.directory = directory;
        this.layout = layout;
        this.files = new AtomicReferenceArray<>(layout.files());
    }

    static String name(int index) {
        return String.format("data-%04d", index);
    }

    /** Takes over the open files of another, which is not to be used any more. */
    void adopt(DataFiles other) {
        for (int i = 0; i < other.files.length(); i++) {
            files.set(i, other.files.getAndSet(i, null));
        }
    }

    /** Opens the files that exist. */
    void open() throws IOException {
        var names = directory.names();
        for (int i = 0; i < layout.files(); i++) {
            if (names.contains(name(i))) {
                files.set(i, new DataFile(directory.open(name(i))));
            }
        }
    }

    /**
     * Gives a segment real space. A file that this makes is durable, its name too, before any
     * record can name it. One caller at a time.
     */
    void allocate(int segment) throws IOException {
        long address = layout.firstPage(segment);
        int index = layout.fileOf(address);
        DataFile f = files.get(index);
        boolean made = f == null;
        if (f == null) {
            f = new DataFile(directory.create(name(index)));
            files.set(index, f);
            if (rules.namesSynced()) {
                directory.syncDirectory();
            }
        }
        f.file.allocate(layout.offsetInFile(address), layout.segmentBytes());
        if (made) {
            f.file.sync();
        }
        f.marked = true;
    }

    void punch(int segment) throws IOException {
        long address = layout.firstPage(segment);
        file(address).file.punch(layout.offsetInFile(address), layout.segmentBytes());
    }

    private DataFile file(long address) throws IOException {
        int index = layout.fileOf(address);
        DataFile f = index < files.length() ? files.get(index) : null;
        if (f == null) {
            throw new DamageException(
                    "address " + address + " lies in " + name(index) + ", which does not exist");
        }
        return f;
    }

    void read(long address, int skipBytes, ByteBuffer into) throws IOException {
        file(address).file.read(layout.offsetInFile(address) + skipBytes, into);
    }

    boolean tryRead(long address, int skipBytes, ByteBuffer into) throws IOException {
        return file(address).file.tryRead(layout.offsetInFile(address) + skipBytes, into);
    }

    /** Writes and marks the file. */
    void write(long address, int skipBytes, ByteBuffer from) throws IOException {
        DataFile f = file(address);
        f.file.write(layout.offsetInFile(address) + skipBytes, from);
        if (!f.marked) {
            f.marked = true;
        }
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
                f.file.sync();
            }
        }
    }

    /** Syncs every file and leaves the marks alone: takes work off a barrier that follows. */
    void syncAll() throws IOException {
        for (int i = 0; i < files.length(); i++) {
            DataFile f = files.get(i);
            if (f != null) {
                f.file.sync();
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
