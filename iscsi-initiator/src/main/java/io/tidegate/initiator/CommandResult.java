package io.tidegate.initiator;

import io.tidegate.scsi.Sense;
import io.tidegate.scsi.Status;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * How a command ended at the target.
 *
 * @param status SCSI status as on the wire; see {@link Status}
 * @param sense what a CHECK CONDITION says; null when the target sent none that can be read
 * @param received bytes of data-in that came
 * @param residual bytes by which the transfer differs from what was expected, unsigned 32 bits
 * @param underflow fewer bytes than expected were to be moved
 * @param overflow more bytes than expected were to be moved
 * @param dataIn what came, position 0 to {@code received}; empty when the command brought a buffer
 *     of its own
 */
public record CommandResult(
        int status,
        @Nullable Sense sense,
        int received,
        long residual,
        boolean underflow,
        boolean overflow,
        ByteBuffer dataIn) {

    public boolean good() {
        return status == Status.GOOD.code();
    }

    public boolean checkCondition() {
        return status == Status.CHECK_CONDITION.code();
    }

    /** The bytes of {@link #dataIn} as an array. */
    public byte[] data() {
        byte[] bytes = new byte[dataIn.remaining()];
        dataIn.duplicate().get(bytes);
        return bytes;
    }

    /** A line for messages, without data. */
    public String describe() {
        String what = "status " + Integer.toHexString(status) + "h";
        if (sense != null) {
            what +=
                    ", sense "
                            + sense.key()
                            + String.format(" %02x/%02x", sense.asc(), sense.ascq());
        }
        return what;
    }
}
