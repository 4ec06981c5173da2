package io.tidegate.target.device;

import io.tidegate.scsi.Status;
import java.nio.ByteBuffer;

/**
 * How a command ended.
 *
 * @param status what the initiator is told
 * @param sense sense data, already in the unit's format; empty unless CHECK CONDITION, or GOOD to a
 *     host that asked for it
 * @param dataIn read-only, already cut to the CDB's allocation length, may be empty; residuals
 *     against the expected length are the transport's
 */
public record ScsiResult(Status status, byte[] sense, ByteBuffer dataIn) {

    private static final byte[] NO_SENSE = {};
    private static final ByteBuffer NO_DATA = ByteBuffer.allocate(0).asReadOnlyBuffer();

    /** GOOD without data. */
    public static final ScsiResult GOOD = new ScsiResult(Status.GOOD, NO_SENSE, NO_DATA);

    public static final ScsiResult RESERVATION_CONFLICT =
            new ScsiResult(Status.RESERVATION_CONFLICT, NO_SENSE, NO_DATA);

    public static final ScsiResult BUSY = new ScsiResult(Status.BUSY, NO_SENSE, NO_DATA);

    /** GOOD with data-in. */
    public static ScsiResult data(byte[] data, int allocationLength) {
        int length = (int) Math.min(data.length, allocationLength & 0xffffffffL);
        return new ScsiResult(
                Status.GOOD, NO_SENSE, ByteBuffer.wrap(data, 0, length).slice().asReadOnlyBuffer());
    }

    /** CHECK CONDITION with sense data. */
    public static ScsiResult check(byte[] sense) {
        return new ScsiResult(Status.CHECK_CONDITION, sense, NO_DATA);
    }

    ScsiResult withStatus(Status other) {
        return new ScsiResult(other, sense, dataIn);
    }
}
