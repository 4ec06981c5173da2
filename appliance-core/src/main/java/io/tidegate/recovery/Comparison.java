package io.tidegate.recovery;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.ExtentMapped;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Compares two devices byte by byte and takes the SHA-256 of both on the way.
 *
 * <p>Ranges that neither has mapped read as zeroes on both and are skipped, unless all bytes are
 * wanted; they do not enter the hashes then.
 */
final class Comparison {

    private static final int PIECE = 1 << 20;
    private static final int RUNS_AT_A_TIME = 512;

    /** Told after each piece; may throw to stop. */
    @FunctionalInterface
    interface Watcher<X extends Exception> {
        void compared(long bytesDone, long bytesTotal) throws X;
    }

    record Verdict(
            long bytesCompared,
            long differentBlocks,
            long firstDifference,
            String leftSha256,
            String rightSha256) {
        boolean equal() {
            return differentBlocks == 0;
        }
    }

    private final BlockDevice left;
    private final BlockDevice right;
    private final long size;
    private final int block;
    private final ByteBuffer leftBuffer = ByteBuffer.allocateDirect(PIECE);
    private final ByteBuffer rightBuffer = ByteBuffer.allocateDirect(PIECE);
    private final MessageDigest leftHash = sha256();
    private final MessageDigest rightHash = sha256();
    private long compared;
    private long different;
    private long first = -1;

    Comparison(BlockDevice left, BlockDevice right, long size) {
        this.left = left;
        this.right = right;
        this.size = size;
        this.block = left.geometry().logicalBlockBytes();
    }

    <X extends Exception> Verdict run(boolean allBytes, Watcher<X> watcher)
            throws DeviceException, X {
        long offset = 0;
        while (offset < size) {
            long skip = allBytes ? 0 : unmappedInBoth(offset);
            if (skip > 0) {
                offset += skip;
            } else {
                int length = (int) Math.min(PIECE - offset % PIECE, size - offset);
                comparePiece(offset, length);
                offset += length;
            }
            watcher.compared(offset, size);
        }
        return new Verdict(compared, different, first, hex(leftHash), hex(rightHash));
    }

    private long unmappedInBoth(long offset) throws DeviceException {
        return Math.min(unmapped(left, offset), unmapped(right, offset));
    }

    private long unmapped(BlockDevice device, long offset) throws DeviceException {
        if (!(device instanceof ExtentMapped map)) {
            return 0;
        }
        long until = offset;
        while (until < size) {
            for (ExtentMapped.Run run : map.runs(until, size - until, RUNS_AT_A_TIME)) {
                if (run.mapped()) {
                    return until - offset;
                }
                until = run.end();
            }
        }
        return until - offset;
    }

    private void comparePiece(long offset, int length) throws DeviceException {
        read(left, offset, leftBuffer, length);
        read(right, offset, rightBuffer, length);
        compared += length;
        if (leftBuffer.mismatch(rightBuffer) >= 0) {
            countBlocks(offset, length);
        }
        leftHash.update(leftBuffer);
        rightHash.update(rightBuffer);
    }

    private void countBlocks(long offset, int length) {
        for (int at = 0; at < length; at += block) {
            ByteBuffer a = leftBuffer.slice(at, block);
            ByteBuffer b = rightBuffer.slice(at, block);
            int mismatch = a.mismatch(b);
            if (mismatch >= 0) {
                different++;
                first = first < 0 ? offset + at + mismatch : first;
            }
        }
    }

    private static void read(BlockDevice device, long offset, ByteBuffer into, int length)
            throws DeviceException {
        into.clear().limit(length);
        device.read(offset, into);
        into.flip();
    }

    private static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("a Java without SHA-256", e);
        }
    }
}
