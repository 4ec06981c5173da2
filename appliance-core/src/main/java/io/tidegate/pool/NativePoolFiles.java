package io.tidegate.pool;

import io.tidegate.block.NativeFile;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A pool's directory in a file system of the host. */
final class NativePoolFiles implements PoolFiles {

    static final String LOCK = "pool.lock";

    private final Path directory;
    private @Nullable NativeFile lock;

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
        return new File(NativeFile.open(directory.resolve(name)));
    }

    @Override
    public void syncDirectory() throws IOException {
        NativeFile.syncDirectory(directory);
    }

    @Override
    public String identity() throws IOException {
        NativeFile held = lock;
        return held == null ? "" : held.identity().toString();
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

    private record File(NativeFile file) implements PoolFile {

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
            file.punchHole(offset, length);
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
}
