package io.tidegate.pool;

import java.util.Objects;

/**
 * What is fixed when a pool is made.
 *
 * @param sizeBytes the most that its data files may take until the pool is grown, metadata
 *     included; rounded down to whole segments; at most 1 PiB
 * @param grainBytes the unit of allocation, a power of two from 4 KiB to 64 KiB
 * @param segmentBytes the unit in which data files grow, a power of two from 64 KiB to 4 MiB
 * @param fileBytes the largest data file, a power of two, at least a segment
 * @param walBytes the size of the write-ahead log, a power of two from 64 KiB to 256 MiB
 * @param checksums whether data grains that cannot change any more are sealed with a CRC-32C
 */
public record PoolOptions(
        long sizeBytes,
        int grainBytes,
        int segmentBytes,
        long fileBytes,
        int walBytes,
        boolean checksums) {

    static final long MAX_SIZE_BYTES = 1L << 50;
    static final int MIN_SEGMENTS = 16;

    private static final int FILES = 16;
    private static final long LEAST_FILE_BYTES = 1L << 30;
    private static final long MOST_FILE_BYTES = 64L << 30;

    public PoolOptions {
        require(powerOfTwo(grainBytes, 4096, 65536), "grain of " + grainBytes + " bytes");
        require(
                powerOfTwo(segmentBytes, 65536, 4 << 20) && segmentBytes >= 8 * grainBytes,
                "segment of " + segmentBytes + " bytes");
        require(powerOfTwo(walBytes, 65536, 256 << 20), "log of " + walBytes + " bytes");
        require(
                fileBytes >= segmentBytes && Long.bitCount(fileBytes) == 1,
                "data files of " + fileBytes + " bytes");
        require(
                sizeBytes >= (long) MIN_SEGMENTS * segmentBytes && sizeBytes <= MAX_SIZE_BYTES,
                "pool of " + sizeBytes + " bytes; it needs " + MIN_SEGMENTS + " segments at least");
    }

    /** For volumes that hosts work on: 4 KiB grains, so that small writes need no read. */
    public static PoolOptions fast(long sizeBytes) {
        return new PoolOptions(sizeBytes, 4096, 4 << 20, fileBytes(sizeBytes), 64 << 20, true);
    }

    /** For quick recovery volumes, which are written in large pieces: 16 KiB grains. */
    public static PoolOptions capacity(long sizeBytes) {
        return new PoolOptions(sizeBytes, 16384, 4 << 20, fileBytes(sizeBytes), 64 << 20, true);
    }

    /** Some data files even for a small pool, so that a copy finds one of its own; not too many. */
    private static long fileBytes(long sizeBytes) {
        long share = Long.highestOneBit(Math.max(1, sizeBytes / FILES));
        return Math.max(LEAST_FILE_BYTES, Math.min(MOST_FILE_BYTES, share));
    }

    public PoolOptions withGrainBytes(int bytes) {
        return new PoolOptions(sizeBytes, bytes, segmentBytes, fileBytes, walBytes, checksums);
    }

    public PoolOptions withSegmentBytes(int bytes) {
        return new PoolOptions(sizeBytes, grainBytes, bytes, fileBytes, walBytes, checksums);
    }

    public PoolOptions withFileBytes(long bytes) {
        return new PoolOptions(sizeBytes, grainBytes, segmentBytes, bytes, walBytes, checksums);
    }

    public PoolOptions withWalBytes(int bytes) {
        return new PoolOptions(sizeBytes, grainBytes, segmentBytes, fileBytes, bytes, checksums);
    }

    public PoolOptions withChecksums(boolean on) {
        return new PoolOptions(sizeBytes, grainBytes, segmentBytes, fileBytes, walBytes, on);
    }

    private static boolean powerOfTwo(int value, int least, int most) {
        return Integer.bitCount(value) == 1 && value >= least && value <= most;
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalArgumentException(Objects.requireNonNull(what));
        }
    }
}
