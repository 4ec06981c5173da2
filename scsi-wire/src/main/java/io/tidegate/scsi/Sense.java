package io.tidegate.scsi;

import org.jspecify.annotations.Nullable;

/**
 * Sense data as a value (SPC-5, 4.4). Handlers take one of the named conditions and add what they
 * know with the {@code with...} methods; no handler writes numbers of its own.
 *
 * @param key what kind of condition
 * @param asc additional sense code, 0 to 255
 * @param ascq additional sense code qualifier, 0 to 255
 * @param information an LBA, a byte offset or a difference, unsigned; null when not valid
 * @param commandSpecific meaning by command, unsigned; null when there is none
 * @param specific what the sense key specific field says; null when not valid
 * @param forwarded what a copy source or destination said; null when there is nothing to forward
 * @param deferred whether a command before this one is concerned
 */
public record Sense(
        SenseKey key,
        int asc,
        int ascq,
        @Nullable Long information,
        @Nullable Long commandSpecific,
        @Nullable Specific specific,
        @Nullable Forwarded forwarded,
        boolean deferred) {

    /** Length in bytes of fixed format sense data without forwarded sense. */
    public static final int FIXED_LENGTH = 18;

    /** The sense key specific field (SPC-5, 4.4.2.4). */
    public sealed interface Specific {}

    /**
     * Which field was wrong.
     *
     * @param inCdb in the CDB, else in the parameter list
     * @param bit the most significant bit of the field, or -1 when none is pointed to
     * @param offset byte of the field, 0 to 65535
     */
    public record FieldPointer(boolean inCdb, int bit, int offset) implements Specific {}

    /**
     * How far a long operation is.
     *
     * @param of65536 0 to 65535, in parts of 65536
     */
    public record Progress(int of65536) implements Specific {}

    /**
     * Which field of an EXTENDED COPY parameter list was wrong.
     *
     * @param inSegment counted from the start of the segment descriptor, else of the list
     * @param bit as in {@link FieldPointer}
     */
    public record SegmentPointer(boolean inSegment, int bit, int offset) implements Specific {}

    /**
     * Sense data of one end of a copy.
     *
     * @param source from the copy source, else from the copy destination
     */
    public record Forwarded(boolean source, Status status, Sense sense) {}

    public Sense {
        if ((asc & ~0xff) != 0 || (ascq & ~0xff) != 0) {
            throw new IllegalArgumentException("additional sense " + asc + "/" + ascq);
        }
    }

    /** A condition with a code and nothing else. */
    public static Sense of(SenseKey key, int asc, int ascq) {
        return new Sense(key, asc, ascq, null, null, null, null, false);
    }

    public Sense withInformation(long value) {
        return new Sense(key, asc, ascq, value, commandSpecific, specific, forwarded, deferred);
    }

    public Sense withCommandSpecific(long value) {
        return new Sense(key, asc, ascq, information, value, specific, forwarded, deferred);
    }

    public Sense with(Specific value) {
        return new Sense(key, asc, ascq, information, commandSpecific, value, forwarded, deferred);
    }

    public Sense withForwarded(Forwarded value) {
        return new Sense(key, asc, ascq, information, commandSpecific, specific, value, deferred);
    }

    /** Whether it is this condition, whatever details either carries. */
    public boolean is(Sense other) {
        return key == other.key && asc == other.asc && ascq == other.ascq;
    }

    // -- no sense and not ready

    public static Sense noSense() {
        return of(SenseKey.NO_SENSE, 0x00, 0x00);
    }

    /** Not ready, manual intervention required: the unit was stopped. */
    public static Sense stopped() {
        return of(SenseKey.NOT_READY, 0x04, 0x02);
    }

    public static Sense sanitizeInProgress(int of65536) {
        return of(SenseKey.NOT_READY, 0x04, 0x1b).with(new Progress(of65536));
    }

    public static Sense becomingReady() {
        return of(SenseKey.NOT_READY, 0x04, 0x01);
    }

    public static Sense mediumNotPresent() {
        return of(SenseKey.NOT_READY, 0x3a, 0x00);
    }

    /** Space allocation in progress: try again. */
    public static Sense spaceAllocationInProgress() {
        return of(SenseKey.NOT_READY, 0x04, 0x14);
    }

    // -- medium and hardware

    /**
     * @param lba first logical block that could not be read
     */
    public static Sense unrecoveredRead(long lba) {
        return of(SenseKey.MEDIUM_ERROR, 0x11, 0x00).withInformation(lba);
    }

    /** A write or a flush failed. */
    public static Sense writeError() {
        return of(SenseKey.MEDIUM_ERROR, 0x0c, 0x00);
    }

    public static Sense sanitizeFailed() {
        return of(SenseKey.MEDIUM_ERROR, 0x31, 0x03);
    }

    public static Sense internalTargetFailure() {
        return of(SenseKey.HARDWARE_ERROR, 0x44, 0x00);
    }

    // -- illegal request

    public static Sense invalidOpcode() {
        return of(SenseKey.ILLEGAL_REQUEST, 0x20, 0x00).with(new FieldPointer(true, -1, 0));
    }

    public static Sense lbaOutOfRange() {
        return of(SenseKey.ILLEGAL_REQUEST, 0x21, 0x00);
    }

    public static Sense invalidFieldInCdb() {
        return of(SenseKey.ILLEGAL_REQUEST, 0x24, 0x00);
    }

    /**
     * @param bit most significant bit of the field, -1 for none
     */
    public static Sense invalidFieldInCdb(int offset, int bit) {
        return invalidFieldInCdb().with(new FieldPointer(true, bit, offset));
    }

    public static Sense logicalUnitNotSupported() {
        return of(SenseKey.ILLEGAL_REQUEST, 0x25, 0x00);
    }

    public static Sense invalidFieldInParameterList() {
        return of(SenseKey.ILLEGAL_REQUEST, 0x26, 0x00);
    }

    /**
     * @param bit most significant bit of the field, -1 for none
     */
    public static Sense invalidFieldInParameterList(int offset, int bit) {
        return invalidFieldInParameterList().with(new FieldPointer(false, bit, offset));
    }

    public static Sense parameterNotSupported() {
        return of(SenseKey.ILLEGAL_REQUEST, 0x26, 0x01);
    }

    /** RELEASE of a persistent reservation by other key, type or scope. */
    public static Sense invalidRelease() {
        return of(SenseKey.ILLEGAL_REQUEST, 0x26, 0x04);
    }

    public static Sense tooManyTargetDescriptors() {
        return of(SenseKey.ILLEGAL_REQUEST, 0x26, 0x06);
    }

    public static Sense unsupportedTargetDescriptor() {
        return of(SenseKey.ILLEGAL_REQUEST, 0x26, 0x07);
    }

    public static Sense tooManySegmentDescriptors() {
        return of(SenseKey.ILLEGAL_REQUEST, 0x26, 0x08);
    }

    public static Sense unsupportedSegmentDescriptor() {
        return of(SenseKey.ILLEGAL_REQUEST, 0x26, 0x09);
    }

    public static Sense inlineDataTooLong() {
        return of(SenseKey.ILLEGAL_REQUEST, 0x26, 0x0b);
    }

    public static Sense parameterListLength() {
        return of(SenseKey.ILLEGAL_REQUEST, 0x1a, 0x00);
    }

    public static Sense savingParametersNotSupported() {
        return of(SenseKey.ILLEGAL_REQUEST, 0x39, 0x00);
    }

    public static Sense commandSequenceError() {
        return of(SenseKey.ILLEGAL_REQUEST, 0x2c, 0x00);
    }

    /** PREVENT ALLOW MEDIUM REMOVAL forbids the eject. */
    public static Sense mediumRemovalPrevented() {
        return of(SenseKey.ILLEGAL_REQUEST, 0x53, 0x02);
    }

    public static Sense insufficientRegistrationResources() {
        return of(SenseKey.ILLEGAL_REQUEST, 0x55, 0x04);
    }

    public static Sense insufficientResources() {
        return of(SenseKey.ILLEGAL_REQUEST, 0x55, 0x03);
    }

    /** The operation is in progress for this list identifier (third-party copy). */
    public static Sense operationInProgress() {
        return of(SenseKey.ILLEGAL_REQUEST, 0x00, 0x16);
    }

    /**
     * A token that cannot be used.
     *
     * @param ascq why: 00h unspecified, 01h unknown, 02h corrupt, 03h ... as SPC-5 lists them
     */
    public static Sense invalidToken(int ascq) {
        return of(SenseKey.ILLEGAL_REQUEST, 0x23, ascq);
    }

    // -- unit attention

    public static Sense attention(int asc, int ascq) {
        return of(SenseKey.UNIT_ATTENTION, asc, ascq);
    }

    // -- data protect

    public static Sense writeProtected() {
        return of(SenseKey.DATA_PROTECT, 0x27, 0x00);
    }

    public static Sense softwareWriteProtected() {
        return of(SenseKey.DATA_PROTECT, 0x27, 0x02);
    }

    /** Space allocation failed: the pool is full. */
    public static Sense spaceAllocationFailed() {
        return of(SenseKey.DATA_PROTECT, 0x27, 0x07);
    }

    // -- copies

    /**
     * Goes with GOOD, to a host that asked for it.
     *
     * @param segments that were processed
     */
    public static Sense extendedCopyInformation(int segments) {
        return of(SenseKey.COMPLETED, 0x00, 0x20).withCommandSpecific(segments);
    }

    /** A copy was aborted, like the command that ordered it. */
    public static Sense copyCleared() {
        return of(SenseKey.COPY_ABORTED, 0x2f, 0x02);
    }

    /** A copy ended early; says no more than that. */
    public static Sense copyAborted() {
        return of(SenseKey.COPY_ABORTED, 0x00, 0x00);
    }

    /** Copy target device not reachable. */
    public static Sense copyTargetNotReachable() {
        return of(SenseKey.COPY_ABORTED, 0x0d, 0x02);
    }

    /** Third party device failure. */
    public static Sense thirdPartyFailure() {
        return of(SenseKey.COPY_ABORTED, 0x0d, 0x01);
    }

    public static Sense copySourceUnderrun() {
        return of(SenseKey.COPY_ABORTED, 0x0d, 0x04);
    }

    public static Sense copyDestinationUnderrun() {
        return of(SenseKey.COPY_ABORTED, 0x0d, 0x05);
    }

    // -- aborted command and miscompare

    /** The command ended without its fault: its generation is over, or it was given up. */
    public static Sense aborted() {
        return of(SenseKey.ABORTED_COMMAND, 0x00, 0x00);
    }

    /** Less data arrived than the command needs. */
    public static Sense dataPhaseError() {
        return of(SenseKey.ABORTED_COMMAND, 0x4b, 0x00);
    }

    public static Sense protocolServiceCrc() {
        return of(SenseKey.ABORTED_COMMAND, 0x47, 0x05);
    }

    /**
     * @param offset first byte that differs, counted from the start of the compared data
     */
    public static Sense miscompare(long offset) {
        return of(SenseKey.MISCOMPARE, 0x1d, 0x00).withInformation(offset);
    }

    /** Fixed format when {@code descriptor} is false (SPC-5, 4.4.2 and 4.4.3). */
    public byte[] encode(boolean descriptor) {
        return descriptor ? SenseCodec.descriptor(this) : SenseCodec.fixed(this);
    }

    /**
     * Reads sense data of either format; tolerant of what is cut short, as data from a device is.
     *
     * @return null when it is no sense data: empty, or of an unknown response code
     */
    public static @Nullable Sense parse(byte[] data) {
        return SenseCodec.parse(data);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(String.format("%s %02x/%02x", key, asc, ascq));
        if (information != null) {
            text.append(" information ").append(Long.toUnsignedString(information));
        }
        if (specific != null) {
            text.append(' ').append(specific);
        }
        if (forwarded != null) {
            text.append(' ').append(forwarded);
        }
        return text.toString();
    }
}
