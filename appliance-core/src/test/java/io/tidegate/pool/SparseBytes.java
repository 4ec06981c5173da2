package io.tidegate.pool;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.NullUnmarked;

/**
 * Bytes of a simulated file, zero where nothing was written. Copies share blocks until one side
 * changes them. Reads and writes beyond the size are the caller's mistake. Not safe for threads.
 */
@NullUnmarked
final class SparseBytes {

    static final int BLOCK = 4096;
    private static final byte[] ZEROES = new byte[BLOCK];

    /** Null where all is zero. */
    private byte[][] blocks;

    /** Whether nobody else has the block. */
    private boolean[] own;

    private long size;

    SparseBytes() {
        this(new byte[8][], 0);
    }

    private SparseBytes(byte[][] blocks, long size) {
        this.blocks = blocks;
        this.own = new boolean[blocks.length];
        this.size = size;
    }

    SparseBytes copy() {
        Arrays.fill(own, false);
        return new SparseBytes(blocks.clone(), size);
    }

    long size() {
        return size;
    }

    /** Grows with zeroes, or cuts off. */
    void resize(long bytes) {
        int count = Math.toIntExact((bytes + BLOCK - 1) / BLOCK);
        if (count > blocks.length) {
            blocks = Arrays.copyOf(blocks, Math.max(count, 2 * blocks.length));
            own = Arrays.copyOf(own, blocks.length);
        }
        if (bytes < size) {
            long old = size;
            zero(bytes, old - bytes);
        }
        size = bytes;
    }

    void read(long offset, ByteBuffer into) {
        long at = offset;
        while (into.hasRemaining()) {
            int skip = (int) (at % BLOCK);
            int n = Math.min(into.remaining(), BLOCK - skip);
            byte[] block = blocks[(int) (at / BLOCK)];
            into.put(block == null ? ZEROES : block, skip, n);
            at += n;
        }
    }

    void write(long offset, byte[] from, int start, int length) {
        int done = 0;
        while (done < length) {
            long at = offset + done;
            int skip = (int) (at % BLOCK);
            int n = Math.min(length - done, BLOCK - skip);
            System.arraycopy(from, start + done, mine((int) (at / BLOCK)), skip, n);
            done += n;
        }
    }

    void zero(long offset, long length) {
        long at = offset;
        long end = offset + length;
        while (at < end) {
            int i = (int) (at / BLOCK);
            int skip = (int) (at % BLOCK);
            int n = (int) Math.min(end - at, BLOCK - skip);
            if (n == BLOCK) {
                blocks[i] = null;
            } else if (blocks[i] != null) {
                Arrays.fill(mine(i), skip, skip + n, (byte) 0);
            }
            at += n;
        }
    }

    /** The same range of another file, of one block at most, takes the place of what is here. */
    void take(SparseBytes other, long offset, int length) {
        int i = (int) (offset / BLOCK);
        byte[] theirs = other.blocks[i];
        if (theirs != null) {
            System.arraycopy(
                    theirs, (int) (offset % BLOCK), mine(i), (int) (offset % BLOCK), length);
        } else {
            zero(offset, length);
        }
    }

    void flip(long offset, int bit) {
        mine((int) (offset / BLOCK))[(int) (offset % BLOCK)] ^= (byte) (1 << bit);
    }

    /** Numbers of the blocks that hold anything. */
    int[] present() {
        int[] found = new int[blocks.length];
        int n = 0;
        for (int i = 0; i < blocks.length; i++) {
            if (blocks[i] != null) {
                found[n++] = i;
            }
        }
        return Arrays.copyOf(found, n);
    }

    private byte[] mine(int i) {
        byte[] block = blocks[i];
        if (block == null) {
            block = new byte[BLOCK];
        } else if (!own[i]) {
            block = block.clone();
        } else {
            return block;
        }
        blocks[i] = block;
        own[i] = true;
        return block;
    }
}
