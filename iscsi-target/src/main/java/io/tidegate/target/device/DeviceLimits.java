package io.tidegate.target.device;

/**
 * The limits of the block commands, in bytes where not said otherwise. The same record fills the
 * block limits page (SBC-4, 6.6.4) and is checked against each command, so that what is announced
 * and what is enforced cannot drift apart.
 *
 * @param maxTransferBytes longest READ, WRITE, VERIFY and the like
 * @param optimalTransferBytes best length of sequential transfers
 * @param maxUnmapBytes sum of all ranges of one UNMAP
 * @param maxUnmapDescriptors descriptors in one UNMAP, at least 256
 * @param maxWriteSameBytes longest WRITE SAME
 * @param maxCompareAndWriteBytes longest COMPARE AND WRITE, at most 255 blocks of any unit
 * @param maxAtomicBytes longest WRITE ATOMIC
 */
public record DeviceLimits(
        int maxTransferBytes,
        int optimalTransferBytes,
        long maxUnmapBytes,
        int maxUnmapDescriptors,
        long maxWriteSameBytes,
        int maxCompareAndWriteBytes,
        int maxAtomicBytes) {

    public static final DeviceLimits DEFAULT =
            new DeviceLimits(8 << 20, 1 << 20, 4L << 30, 256, 4L << 30, 127 * 512, 1 << 20);

    public DeviceLimits {
        if (maxTransferBytes < 1 << 16
                || optimalTransferBytes > maxTransferBytes
                || maxUnmapDescriptors < 256
                || maxCompareAndWriteBytes > 1 << 20
                || maxAtomicBytes > 1 << 20) {
            throw new IllegalArgumentException("limits that hosts cannot work with");
        }
    }
}
