package io.tidegate.initiator;

import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A SCSI command to send. Its buffers belong to the session from submission until the result is
 * there, and then to the caller again, whatever the result.
 *
 * @param lun eight bytes as in SAM-5, see {@link io.tidegate.scsi.LunAddress}
 * @param cdb 1 to 260 bytes; shorter than 16 are filled up with zeroes
 * @param dataOut what to send, from position to limit (neither moves); null for none
 * @param dataIn where data-in goes, from position to limit (neither moves); null for none
 * @param timeout from submission to the result; null for the session's usual one
 */
public record Command(
        long lun,
        byte[] cdb,
        @Nullable ByteBuffer dataOut,
        @Nullable ByteBuffer dataIn,
        @Nullable Duration timeout) {

    private static final int MAX_CDB = 260;

    public Command {
        if (cdb.length < 1 || cdb.length > MAX_CDB) {
            throw new IllegalArgumentException("CDB of " + cdb.length + " bytes");
        }
        if (dataOut != null && dataIn != null) {
            throw new IllegalArgumentException("data both ways in one command");
        }
        cdb = java.util.Arrays.copyOf(cdb, Math.max(16, cdb.length));
    }

    public static Command without(long lun, byte[] cdb) {
        return new Command(lun, cdb, null, null, null);
    }

    public static Command reading(long lun, byte[] cdb, ByteBuffer dataIn) {
        return new Command(lun, cdb, null, dataIn, null);
    }

    public static Command writing(long lun, byte[] cdb, ByteBuffer dataOut) {
        return new Command(lun, cdb, dataOut, null, null);
    }
}
