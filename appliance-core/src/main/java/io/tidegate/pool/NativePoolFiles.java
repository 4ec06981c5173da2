package io.tidegate.pool;

import io.tidegate.block.NativeFile;
import io.tidegate.block.NativeIOException;
import io.tidegate.volume.StoreException.Kind;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pool's directory in a file system of the host. A name may be a symbolic link to a raw block
 * device.
 */
final class NativePoolFiles implements PoolFiles {

    static final String LOCK = "pool.lock";
    private static final Logger LOG = LoggerFactory.getLogger(NativePoolFiles.class);
    private static final Path DEVICES = Path.of("/sys/dev/block");
    private static final int FILE_TYPE = 0170000;
    private static final int BLOCK_DEVICE = 0060000;

    private final Path directory;

    /** What the system calls the open devices. */
    private final Set<String> devices = new ConcurrentSkipListSet<>();

    private @Nullable NativeFile lock;
    private volatile @Nullable FileStore store;

    NativePoolFiles(Path directory) {
        this.directory = directory;
    }

    @Override
    public boolean lock() throws IOException {
        lock = NativeFile.openLocked(directory.resolve(LOCK)).orElse(null);
        return lock != null;
    }

    @Override
    public List<String> names() throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(p -> p.getFileName().toString()).sorted().toList();
        }
    }

    @Override
    public PoolFile create(String name) throws IOException {
        return new File(NativeFile.open(directory.resolve(name), NativeFile.Flag.CREATE_NEW));
    }

    @Override
    public PoolFile open(String name) throws IOException {
        Path path = directory.resolve(name);
        boolean plain = Files.isRegularFile(path);
        boolean absent = !plain && !Files.isSymbolicLink(path) && !Files.exists(path);
        return plain || absent ? new File(NativeFile.open(path)) : openDevice(path);
    }

    @Override
    public PoolFile openDevice(Path path) throws IOException {
        String place =
                Files.isSymbolicLink(path)
                        ? path + ", " + Files.readSymbolicLink(path) + ","
                        : path + "";
        if (!Files.exists(path)) {
            throw new RefusedException(
                    Kind.IO, place + " is not there: attach the device, or correct its name");
        }
        int type = (Integer) Files.getAttribute(path, "unix:mode") & FILE_TYPE;
        if (type != BLOCK_DEVICE) {
            throw new RefusedException(
                    Kind.IO, place + " is no block device: name a whole disk or a partition");
        }
        try {
            NativeFile file = NativeFile.open(path, NativeFile.Flag.EXCLUSIVE);
            boolean good = false;
            try {
                Device device = new Device(file);
                good = true;
                return device;
            } finally {
                if (!good) {
                    file.close();
                }
            }
        } catch (NativeIOException e) {
            if (e.isBusy()) {
                throw new RefusedException(
                        Kind.BUSY,
                        place
                                + " is in use: mounted, part of a pool or an array, or named"
                                + " twice. Free it first",
                        e);
            }
            throw e;
        }
    }

    @Override
    public void link(String name, Path device) throws IOException {
        Path link = directory.resolve(name);
        if (Files.isSymbolicLink(link)) {
            Files.delete(link);
        }
        Files.createSymbolicLink(link, device.toAbsolutePath());
    }

    @Override
    public long freeBytes() throws IOException {
        FileStore known = store;
        if (known == null) {
            // To find it the mounts are read; to ask it takes one system call.
            known = Files.getFileStore(directory);
            store = known;
        }
        return known.getUsableSpace();
    }

    @Override
    public void syncDirectory() throws IOException {
        NativeFile.syncDirectory(directory);
    }

    @Override
    public String identity() throws IOException {
        NativeFile held = lock;
        List<String> lines = new ArrayList<>();
        lines.add(held == null ? "" : held.identity().toString());
        lines.addAll(devices);
        return String.join("\n", lines);
    }

    @Override
    public String name() {
        return directory.toString();
    }

    @Override
    public void close() throws IOException {
        NativeFile held = lock;
        lock = null;
        if (held != null) {
            held.close();
        }
    }

    /**
     * The number alone is given to the next device after one was detached; the sequence, where the
     * kernel has it (Linux 5.15), is not, and nor is the inode in a device file system.
     */
    private static String identity(NativeFile device) throws IOException {
        String number = device.deviceNumber();
        Path entry = DEVICES.resolve(number);
        String sequence = "";
        if (Files.exists(entry)) {
            // A partition has the sequence of its disk, one directory above.
            Path real = entry.toRealPath();
            for (Path p : List.of(real.resolve("diskseq"), real.resolveSibling("diskseq"))) {
                if (sequence.isEmpty() && Files.exists(p)) {
                    sequence = Files.readString(p).strip();
                }
            }
        }
        return "device " + number + " sequence " + sequence + " " + device.identity();
    }

    private static class File implements PoolFile {

        final NativeFile file;
        private volatile boolean keepsHoles;

        File(NativeFile file) {
            this.file = file;
        }

        @Override
        public void read(long offset, ByteBuffer into) throws IOException {
            if (file.read(offset, into) >= 0 && into.hasRemaining()) {
                throw new EOFException(file.path() + " ends before " + offset);
            }
        }

        @Override
        public boolean tryRead(long offset, ByteBuffer into) throws IOException {
            return file.readNowait(offset, into);
        }

        @Override
        public void write(long offset, ByteBuffer from) throws IOException {
            file.write(offset, from);
        }

        @Override
        public void sync() throws IOException {
            file.dataSync();
        }

        @Override
        public void punch(long offset, long length) throws IOException {
            if (keepsHoles) {
                return;
            }
            try {
                file.punchHole(offset, length);
            } catch (NativeIOException e) {
                if (!e.isUnsupported()) {
                    throw e;
                }
                // It is advice: the space stays the file's or the device's.
                keepsHoles = true;
                LOG.info("{} cannot give unused space back: {}", file.path(), e.getMessage());
            }
        }

        @Override
        public void allocate(long offset, long length) throws IOException {
            file.allocate(offset, length);
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public void dropCache() throws IOException {
            file.dropCache(0, 0);
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }

    private final class Device extends File {

        private final long size;
        private final String identity;

        Device(NativeFile file) throws IOException {
            super(file);
            size = file.size();
            identity = identity(file);
            devices.add(identity);
        }

        @Override
        public boolean isDevice() {
            return true;
        }

        @Override
        public void allocate(long offset, long length) throws IOException {
            if (offset + length > size) {
                throw new EOFException(file.path() + " ends before " + (offset + length));
            }
        }

        @Override
        public void close() throws IOException {
            devices.remove(identity);
            super.close();
        }
    }
}
