package io.tidegate.pool;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;

/**
 * Sectors as numbers: each sector that is written holds a number that no other write has, repeated
 * over all of it; zeroes are number 0. Has one buffer of the size of a volume.
 */
@NullUnmarked
final class Sectors {

    private static final int SECTOR = PoolHarness.SECTOR;
    private static final VarHandle INTS =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[] buffer;
    private int counter = 1;

    /** By number: the sector that it was written to. */
    private int[] homes = new int[1 << 10];

    /** Number and sector where a share brought a number to another sector. */
    private final Set<Long> shared = new HashSet<>();

    /** A bit that was changed behind the pool's back. */
    SimFiles.@Nullable Place rot;

    Sectors(int size) {
        this.buffer = new byte[size * SECTOR];
    }

    /** Puts the next number into the buffer, to be written to a sector. */
    int fill(int index, int sector) {
        int number = counter++;
        if (number >= homes.length) {
            homes = Arrays.copyOf(homes, 2 * homes.length);
        }
        homes[number] = sector;
        int at = index * SECTOR;
        INTS.set(buffer, at, number);
        for (int n = 4; n < SECTOR; n *= 2) {
            System.arraycopy(buffer, at, buffer, at + n, n);
        }
        return number;
    }

    /** A number is about to be shown at another sector as well. */
    void share(int number, int sector) {
        shared.add(pair(number, sector));
    }

    private static long pair(int number, int sector) {
        return (long) number << 32 | sector;
    }

    /** The first sectors of the buffer. */
    ByteBuffer bytes(int sectors) {
        return ByteBuffer.wrap(buffer, 0, sectors * SECTOR);
    }

    /** Reads a device as a whole. */
    int[] content(BlockDevice d) throws DeviceException {
        int n = (int) (d.geometry().sizeBytes() / SECTOR);
        d.read(0, ByteBuffer.wrap(buffer, 0, n * SECTOR));
        int[] content = new int[n];
        for (int s = 0; s < n; s++) {
            if (!whole(s) && !wholeButForRot(s)) {
                throw new AssertionError("sector " + s + " of " + d + " is torn");
            }
            content[s] = (int) INTS.get(buffer, s * SECTOR);
        }
        return content;
    }

    private boolean whole(int sector) {
        int at = sector * SECTOR;
        int end = at + SECTOR;
        return Arrays.mismatch(buffer, at, end - 4, buffer, at + 4, end) < 0;
    }

    /** A bit that changed in unsealed data moves with its sector; no other bit may differ. */
    private boolean wholeButForRot(int sector) {
        if (rot == null) {
            return false;
        }
        buffer[sector * SECTOR + (int) (rot.offset() % SECTOR)] ^= (byte) (1 << rot.bit());
        return whole(sector);
    }

    /** The model's numbers, or for a sector that was not flushed one of its former. */
    static void requireAllowed(ModelVolume v, int[] found) {
        for (int s = 0; s < found.length; s++) {
            if (!v.mayHold(s, found[s])) {
                throw new AssertionError(
                        "volume %s, sector %d: %d, expected %s"
                                .formatted(v.id, s, found[s], v.expected(s)));
            }
        }
    }

    /** Every number stands where it was written to at some time. */
    void requireAtHome(BlockDevice d) throws DeviceException {
        int[] found = content(d);
        for (int s = 0; s < found.length; s++) {
            if (found[s] != 0 && homes[found[s]] != s && !shared.contains(pair(found[s], s))) {
                throw new AssertionError(
                        "%s, sector %d: %d, which was written to sector %d"
                                .formatted(d, s, found[s], homes[found[s]]));
            }
        }
    }
}
