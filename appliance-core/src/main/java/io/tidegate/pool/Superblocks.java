package io.tidegate.pool;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The pair of superblocks, 1 MiB apart. A new one takes the place of the older; the valid one with
 * the higher generation counts.
 */
final class Superblocks {

    static final String FILE = "pool.super";
    static final long DISTANCE = 1 << 20;

    private final PoolFile file;
    private final String pool;

    Superblocks(PoolFile file, String pool) {
        this.file = file;
        this.pool = pool;
    }

    /** Writes to the slot that its generation names; the other holds the one before. */
    void write(Superblock s) throws IOException {
        file.write((s.generation() & 1) * DISTANCE, s.encode().position(0));
    }

    void sync() throws IOException {
        file.sync();
    }

    void dropCache() throws IOException {
        file.dropCache();
    }

    /** What the two slots hold. */
    record Found(Superblock newest, boolean otherIsValid) {}

    Found read() throws IOException {
        Superblock a = slot(0);
        Superblock b = slot(1);
        if (a == null && b == null) {
            throw new DamageException(pool + "/" + FILE + ": neither superblock is valid");
        }
        if (a == null || b == null) {
            Superblock one = a == null ? b : a;
            if (one == null) {
                throw new IllegalStateException();
            }
            return new Found(one, false);
        }
        UUID id = a.pool();
        if (!id.equals(b.pool())) {
            throw new DamageException(
                    pool + "/" + FILE + ": the superblocks are of different pools");
        }
        return new Found(a.generation() > b.generation() ? a : b, true);
    }

    private @Nullable Superblock slot(int index) throws IOException {
        ByteBuffer b = ByteBuffer.allocateDirect(Superblock.BYTES);
        try {
            file.read(index * DISTANCE, b);
        } catch (EOFException e) {
            return null;
        }
        Superblock s = Superblock.decode(b.flip());
        return s != null && (s.generation() & 1) == index ? s : null;
    }

    void close() throws IOException {
        file.close();
    }
}
