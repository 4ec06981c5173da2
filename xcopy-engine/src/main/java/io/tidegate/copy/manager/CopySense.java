package io.tidegate.copy.manager;

import io.tidegate.block.DeviceException;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.Sense.Forwarded;
import io.tidegate.scsi.Sense.SegmentPointer;
import io.tidegate.scsi.SenseKey;
import io.tidegate.scsi.Status;

/**
 * What a host is told of a copy that ended early (SPC-4, 5.17.7): always COPY ABORTED, with the
 * segment in the command-specific information, and what the device at fault said.
 */
final class CopySense {

    private CopySense() {}

    /** Unreachable copy target: not there, or not for this nexus. One answer for both. */
    static Sense unreachable(int segment) {
        return Sense.of(SenseKey.COPY_ABORTED, 0x08, 0x04).withCommandSpecific(segment);
    }

    /** The device is no block device as the descriptor says. */
    static Sense wrongDeviceType(int segment) {
        return Sense.of(SenseKey.COPY_ABORTED, 0x0d, 0x03).withCommandSpecific(segment);
    }

    /** The bytes are not whole blocks at both ends. */
    static Sense inexact(int segment) {
        return Sense.of(SenseKey.COPY_ABORTED, 0x26, 0x0a).withCommandSpecific(segment);
    }

    /**
     * A field of a segment or of its CSCD descriptor.
     *
     * @param offset of the field, from the start of the parameter list
     */
    static Sense field(int segment, int offset) {
        return Sense.of(SenseKey.COPY_ABORTED, 0x26, 0x00)
                .withCommandSpecific(segment)
                .with(new SegmentPointer(false, 7, offset));
    }

    /** A range is not on the device: found before the device was asked. */
    static Sense outside(int segment, boolean source) {
        return Sense.copyAborted()
                .withCommandSpecific(segment)
                .withForwarded(
                        new Forwarded(source, Status.CHECK_CONDITION, Sense.lbaOutOfRange()));
    }

    /** A device answered with CHECK CONDITION. */
    static Sense forwarded(int segment, boolean source, Sense sense) {
        return forwarded(segment, source, Status.CHECK_CONDITION, sense);
    }

    /** A device answered with another status than GOOD. */
    static Sense forwarded(int segment, boolean source, Status status, Sense sense) {
        return Sense.thirdPartyFailure()
                .withCommandSpecific(segment)
                .withForwarded(new Forwarded(source, status, sense));
    }

    /** Another volume is behind a logical unit now, or the copy was ended from outside. */
    static Sense ended(int segment) {
        return Sense.copyTargetNotReachable().withCommandSpecific(segment);
    }

    /** The host aborted the copy. */
    static Sense cleared(int segment) {
        return Sense.copyCleared().withCommandSpecific(segment);
    }

    /** What a command to the device itself would have been answered. */
    static Sense of(DeviceException e, int blockBytes) {
        return switch (e.kind()) {
            case READ -> Sense.unrecoveredRead(e.offset() / blockBytes);
            case WRITE, SYNC -> Sense.writeError();
            case NO_SPACE -> Sense.spaceAllocationFailed();
            case WRITE_PROTECTED -> Sense.writeProtected();
            case GONE -> Sense.internalTargetFailure();
            case BUSY -> Sense.becomingReady();
        };
    }
}
