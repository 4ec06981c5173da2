package io.tidegate.scsi.copy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * COPY STATUS (LID4), 32 bytes and sense data (SPC-4, 6.24).
 *
 * @param serviceAction of the command that ordered the copy
 * @param operations commands, or what stands for one, that copy source and destination have
 *     completed; counts modulo 65536
 * @param delayMillis when it is worth asking again, unsigned 32 bits; {@link #NO_MORE} when it is
 *     not, {@link #UNKNOWN} when nobody can tell
 * @param completion SAM status code of the copy; of no meaning while it runs
 * @param sense why it failed, at most 252 bytes; else empty
 * @param units what {@code count} counts, as in {@link CopyResult.Status}
 * @param count at the destination without a gap from the start, in the order of the list
 * @param segments that were processed, with the one that is or was under way; 0 to 65535
 */
public record OperationStatus(
        int serviceAction,
        State state,
        int operations,
        long delayMillis,
        int completion,
        byte[] sense,
        int units,
        long count,
        int segments)
        implements CopyResult {

    /** COPY OPERATION STATUS (SPC-4, table 249). */
    public enum State {
        DONE(0x01),
        FAILED(0x02),
        /** Of tokens: the copy source ended it early. */
        DONE_IN_PART(0x03),
        DONE_WITH_RESIDUAL(0x04),
        /** In the foreground or the background. */
        RUNNING(0x10),
        FOREGROUND(0x11),
        BACKGROUND(0x12),
        /** By an abort, a reset, or because its nexus lost the right. */
        ABORTED(0x60);

        private final int code;

        State(int code) {
            this.code = code;
        }

        public int code() {
            return code;
        }

        static @Nullable State of(int code) {
            return Arrays.stream(values()).filter(s -> s.code == code).findFirst().orElse(null);
        }
    }

    /** The copy has ended: it will not change any more. */
    public static final long NO_MORE = 0xffff_fffeL;

    public static final long UNKNOWN = 0xffff_ffffL;

    private static final int HEADER = 32;
    private static final int LONGEST_SENSE = 252;

    public OperationStatus {
        if (sense.length > LONGEST_SENSE) {
            throw new IllegalArgumentException(sense.length + " bytes of sense");
        }
    }

    /** A copy that goes on. */
    public static OperationStatus running(
            int serviceAction,
            boolean background,
            int operations,
            long delayMillis,
            long bytes,
            int segments) {
        return new OperationStatus(
                serviceAction,
                background ? State.BACKGROUND : State.FOREGROUND,
                operations,
                delayMillis,
                0,
                new byte[0],
                0,
                bytes,
                segments);
    }

    /**
     * A copy that has ended.
     *
     * @param sense only with {@link State#FAILED}
     */
    public static OperationStatus ended(
            int serviceAction,
            State state,
            int operations,
            byte[] sense,
            long bytes,
            int segments) {
        io.tidegate.scsi.Status completion =
                switch (state) {
                    case FAILED -> io.tidegate.scsi.Status.CHECK_CONDITION;
                    case ABORTED -> io.tidegate.scsi.Status.TASK_ABORTED;
                    default -> io.tidegate.scsi.Status.GOOD;
                };
        return new OperationStatus(
                serviceAction,
                state,
                operations,
                NO_MORE,
                completion.code(),
                sense,
                0,
                bytes,
                segments);
    }

    @Override
    public byte[] encode() {
        int field = sense.length + 3 & ~3;
        ByteBuffer out = ByteBuffer.allocate(HEADER + field);
        out.putInt(0, out.capacity() - 4);
        out.put(4, (byte) serviceAction);
        out.put(5, (byte) state.code);
        out.putShort(6, (short) operations);
        out.putInt(8, (int) delayMillis);
        out.put(12, (byte) completion);
        out.put(13, (byte) field);
        out.put(14, (byte) sense.length);
        out.put(15, (byte) units);
        out.putLong(16, count);
        out.putShort(24, (short) segments);
        out.put(HEADER, sense);
        return out.array();
    }

    /** Null when it is cut short, contradicts itself, or its state is none that is known. */
    public static @Nullable OperationStatus parse(byte[] data) {
        if (data.length < HEADER) {
            return null;
        }
        ByteBuffer in = ByteBuffer.wrap(data);
        State state = State.of(in.get(5) & 0x7f);
        int field = in.get(13) & 0xff;
        int length = in.get(14) & 0xff;
        if (state == null
                || length > Math.min(field, LONGEST_SENSE)
                || HEADER + field > data.length) {
            return null;
        }
        return new OperationStatus(
                in.get(4) & 0x1f,
                state,
                in.getShort(6) & 0xffff,
                in.getInt(8) & 0xffff_ffffL,
                in.get(12) & 0xff,
                Arrays.copyOfRange(data, HEADER, HEADER + length),
                in.get(15) & 0xff,
                in.getLong(16),
                in.getShort(24) & 0xffff);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof OperationStatus o
                && serviceAction == o.serviceAction
                && state == o.state
                && operations == o.operations
                && delayMillis == o.delayMillis
                && completion == o.completion
                && Arrays.equals(sense, o.sense)
                && units == o.units
                && count == o.count
                && segments == o.segments;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(count) * 31 + state.code;
    }
}
