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

    Superblocks(PoolFile file) {
        this.file = file;
    }

    /** Writes to the slot that its generation names; the other holds the one before. */
    void write(Superblock s) throws IOException {
        file.write((s.generation() & 1) * DISTANCE, s.encode().position(0));
    }

    void sync() throws SyncFailure {
        SyncFailure.sync(file, FILE);
    }

    void dropCache() throws IOException {
        file.dropCache();
    }

    /**
     * What the two slots hold.
     *
     * @param bad which of them is no superblock, if one is not
     */
    record Found(Superblock newest, @Nullable String bad) {}

    Found read() throws IOException {
        Superblock a = slot(0);
        Superblock b = slot(1);
        if (a == null && b == null) {
            throw new DamageException(
                    FILE
                            + ": neither superblock is valid, at 0 nor at "
                            + DISTANCE
                            + ": it is no pool's, or damaged");
        }
        if (a == null || b == null) {
            Superblock one = a == null ? b : a;
            if (one == null) {
                throw new IllegalStateException();
            }
            return new Found(
                    one, FILE + ": the superblock at " + (a == null ? 0 : DISTANCE) + " is bad");
        }
        UUID id = a.pool();
        if (!id.equals(b.pool())) {
            throw new DamageException(FILE + ": the superblocks are of different pools");
        }
        return new Found(a.generation() > b.generation() ? a : b, null);
    }

    private @Nullable Superblock slot(int index) throws IOException {
        ByteBuffer b = ByteBuffer.allocateDirect(Superblock.BYTES);
        try {
            file.read(index * DISTANCE, b);
        } catch (EOFException e) {
            return null;
        }
        Superblock s;
        try {
            s = Superblock.decode(b.flip());
        } catch (DamageException e) {
            throw new DamageException(
                    FILE + ": the superblock at " + index * DISTANCE + ": " + e.getMessage(),
                    e.advice());
        }
        return s != null && (s.generation() & 1) == index ? s : null;
    }

    void close() throws IOException {
        file.close();
    }
}
