package io.tidegate.block;

import java.lang.foreign.ValueLayout;
import java.util.OptionalLong;

/**
 * What {@code statx} has put into the scratch memory of a call.
 *
 * <pre>
 *   struct statx: 0 mask   28 mode (16 bits)   32 inode   48 blocks of 512 bytes
 *                 128, 132 major and minor of what a device's file stands for
 *                 136, 140 major and minor of the file system's device   144 mount id
 * </pre>
 */
final class FileStatus {

    private static final int KIND = 0170000;
    private static final int BLOCK_DEVICE = 0060000;
    private static final int BLOCK_BYTES = 512;

    private FileStatus() {}

    static FileIdentity identity(Scratch s) {
        int mask = s.struct.get(ValueLayout.JAVA_INT, 0);
        long major = Integer.toUnsignedLong(s.struct.get(ValueLayout.JAVA_INT, 136));
        long minor = Integer.toUnsignedLong(s.struct.get(ValueLayout.JAVA_INT, 140));
        long mount = s.struct.get(ValueLayout.JAVA_LONG, 144);
        return new FileIdentity(
                major << 32 | minor,
                s.struct.get(ValueLayout.JAVA_LONG, 32),
                (mask & Libc.STATX_MNT_ID) != 0 ? OptionalLong.of(mount) : OptionalLong.empty());
    }

    static long allocatedBytes(Scratch s) {
        return s.struct.get(ValueLayout.JAVA_LONG, 48) * BLOCK_BYTES;
    }

    static boolean isBlockDevice(Scratch s) {
        return (s.struct.get(ValueLayout.JAVA_SHORT, 28) & KIND) == BLOCK_DEVICE;
    }

    /** As {@code major:minor}. */
    static String deviceNumber(Scratch s) {
        return Integer.toUnsignedString(s.struct.get(ValueLayout.JAVA_INT, 128))
                + ":"
                + Integer.toUnsignedString(s.struct.get(ValueLayout.JAVA_INT, 132));
    }
}
