package io.tidegate.scsi.copy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Data of RECEIVE COPY RESULTS (SPC-4, 6.22 to 6.25). Each begins with a count of the bytes that
 * follow it. {@code parse} answers null for what is cut short or contradicts itself.
 */
public sealed interface CopyResult
        permits CopyResult.Status,
                CopyResult.FailureDetails,
                CopyResult.OperatingParameters,
                OperationStatus {

    /** All of it, not cut to an allocation length. */
    byte[] encode();

    /**
     * COPY STATUS (LID1), 12 bytes.
     *
     * @param segments segments that were processed, with the one that is or was under way; 0 to
     *     65535
     * @param units what {@code count} counts: 0 bytes, 1 KiB, 2 MiB and so on, F1h blocks
     * @param count unsigned 32 bits
     */
    record Status(State state, int segments, int units, long count) implements CopyResult {

        /** The ordinal is the value on the wire. */
        public enum State {
            RUNNING,
            DONE,
            ERROR
        }

        private static final int LENGTH = 12;
        private static final int MAX_UNITS = 6;

        /** Counts in the smallest unit that the field can hold; what does not fill one is lost. */
        public static Status ofBytes(State state, int segments, long bytes) {
            int units = 0;
            long count = bytes;
            while (count >>> 32 != 0) {
                count >>>= 10;
                units++;
            }
            return new Status(state, segments, units, count);
        }

        /** The count in bytes; -1 when it is in blocks or no unit that is known. */
        public long bytes() {
            return units <= MAX_UNITS && count <= Long.MAX_VALUE >>> 10 * units
                    ? count << 10 * units
                    : -1;
        }

        @Override
        public byte[] encode() {
            ByteBuffer out = ByteBuffer.allocate(LENGTH);
            out.putInt(0, LENGTH - 4);
            out.put(4, (byte) state.ordinal());
            out.putShort(5, (short) segments);
            out.put(7, (byte) units);
            out.putInt(8, (int) count);
            return out.array();
        }

        public static @Nullable Status parse(byte[] data) {
            if (data.length < LENGTH) {
                return null;
            }
            ByteBuffer in = ByteBuffer.wrap(data);
            int state = in.get(4) & 0x7f;
            if (in.getInt(0) < LENGTH - 4 || state >= State.values().length) {
                return null;
            }
            return new Status(
                    State.values()[state],
                    in.getShort(5) & 0xffff,
                    in.get(7) & 0xff,
                    in.getInt(8) & 0xffff_ffffL);
        }
    }

    /**
     * FAILED SEGMENT DETAILS: how a copy failed.
     *
     * @param status SAM status code of the copy command; 0 when it did not fail
     * @param sense sense data of the copy command, at most 252 bytes
     */
    record FailureDetails(int status, byte[] sense) implements CopyResult {

        private static final int HEADER = 60;

        @Override
        public byte[] encode() {
            ByteBuffer out = ByteBuffer.allocate(HEADER + sense.length);
            // A copy that did not fail has no details: available data is 0 (SPC-4, 6.21).
            out.putInt(0, status == 0 ? 0 : HEADER - 4 + sense.length);
            out.put(56, (byte) status);
            out.putShort(58, (short) sense.length);
            out.put(HEADER, sense);
            return out.array();
        }

        public static @Nullable FailureDetails parse(byte[] data) {
            if (data.length < HEADER) {
                return null;
            }
            ByteBuffer in = ByteBuffer.wrap(data);
            int length = in.getShort(58) & 0xffff;
            return length > data.length - HEADER
                    ? null
                    : new FailureDetails(
                            in.get(56) & 0xff, Arrays.copyOfRange(data, HEADER, HEADER + length));
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof FailureDetails f
                    && status == f.status
                    && Arrays.equals(sense, f.sense);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(sense) * 31 + status;
        }
    }

    /**
     * OPERATING PARAMETERS: what a copy manager can do.
     *
     * @param listIdOptional SNLID bit: LIST ID USAGE 11b is supported
     * @param maxSegmentBytes 0 for no limit
     * @param inlineBytes longest inline data
     * @param heldBytes held data
     * @param streamBytes longest transfer of a stream device
     * @param totalCopies copies at once, 0 to 65535
     * @param copies copies with a list identifier at once, 0 to 255
     * @param dataGranularityLog2 of segments
     * @param inlineGranularityLog2 of inline data
     * @param heldGranularityLog2 of held data
     * @param typeCodes codes of segment and CSCD descriptors, ascending
     */
    record OperatingParameters(
            boolean listIdOptional,
            int maxTargets,
            int maxSegments,
            long maxListBytes,
            long maxSegmentBytes,
            long inlineBytes,
            long heldBytes,
            long streamBytes,
            int totalCopies,
            int copies,
            int dataGranularityLog2,
            int inlineGranularityLog2,
            int heldGranularityLog2,
            List<Integer> typeCodes)
            implements CopyResult {

        private static final int HEADER = 44;

        public OperatingParameters {
            typeCodes = List.copyOf(typeCodes);
        }

        /** What these limits announce. */
        public static OperatingParameters of(CopyLimits limits) {
            return new OperatingParameters(
                    true,
                    limits.maxTargets(),
                    limits.maxSegments(),
                    limits.maxListBytes(),
                    limits.maxSegmentBytes(),
                    0,
                    0,
                    0,
                    limits.maxConcurrent(),
                    limits.maxConcurrent(),
                    limits.granularityLog2(),
                    0,
                    0,
                    ThirdPartyCopyPage.DESCRIPTOR_CODES);
        }

        @Override
        public byte[] encode() {
            ByteBuffer out = ByteBuffer.allocate(HEADER + typeCodes.size());
            out.putInt(0, out.capacity() - 4);
            out.put(4, (byte) (listIdOptional ? 1 : 0));
            out.putShort(8, (short) maxTargets);
            out.putShort(10, (short) maxSegments);
            out.putInt(12, (int) maxListBytes);
            out.putInt(16, (int) maxSegmentBytes);
            out.putInt(20, (int) inlineBytes);
            out.putInt(24, (int) heldBytes);
            out.putInt(28, (int) streamBytes);
            out.putShort(34, (short) totalCopies);
            out.put(36, (byte) copies);
            out.put(37, (byte) dataGranularityLog2);
            out.put(38, (byte) inlineGranularityLog2);
            out.put(39, (byte) heldGranularityLog2);
            out.put(43, (byte) typeCodes.size());
            for (int i = 0; i < typeCodes.size(); i++) {
                out.put(HEADER + i, typeCodes.get(i).byteValue());
            }
            return out.array();
        }

        public static @Nullable OperatingParameters parse(byte[] data) {
            if (data.length < HEADER || data.length - HEADER < (data[43] & 0xff)) {
                return null;
            }
            ByteBuffer in = ByteBuffer.wrap(data);
            List<Integer> codes = new ArrayList<>();
            for (int i = 0; i < (data[43] & 0xff); i++) {
                codes.add(data[HEADER + i] & 0xff);
            }
            return new OperatingParameters(
                    (in.get(4) & 1) != 0,
                    in.getShort(8) & 0xffff,
                    in.getShort(10) & 0xffff,
                    in.getInt(12) & 0xffff_ffffL,
                    in.getInt(16) & 0xffff_ffffL,
                    in.getInt(20) & 0xffff_ffffL,
                    in.getInt(24) & 0xffff_ffffL,
                    in.getInt(28) & 0xffff_ffffL,
                    in.getShort(34) & 0xffff,
                    in.get(36) & 0xff,
                    in.get(37) & 0xff,
                    in.get(38) & 0xff,
                    in.get(39) & 0xff,
                    codes);
        }
    }
}
