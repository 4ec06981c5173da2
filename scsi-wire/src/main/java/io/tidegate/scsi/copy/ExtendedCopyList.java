package io.tidegate.scsi.copy;

import io.tidegate.scsi.Sense;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The parameter list of EXTENDED COPY, of either kind (SPC-4, 6.4 and 6.5).
 *
 * <pre>
 *   0        H                 H+C                       H+C+S
 *   | header | C bytes of CSCD | S bytes of segment      | inline data |
 *   |        | descriptors     | descriptors             | (refused)   |
 * </pre>
 *
 * @param format which header it has: H is 16 or 48
 * @param listId unsigned 8 bits, or 32 in a LID4 list
 * @param strict STR bit: devices are to be used in the order of the list
 * @param priority 0 to 7
 * @param immediate IMMED bit: the command is answered before the first segment; LID4 only
 * @param goodSense G_SENSE bit: sense data goes with GOOD status; LID4 only
 */
public record ExtendedCopyList(
        Format format,
        long listId,
        boolean strict,
        ListIdUsage usage,
        int priority,
        boolean immediate,
        boolean goodSense,
        List<CscdDescriptor> targets,
        List<SegmentDescriptor> segments) {

    /** The two kinds of header. */
    public enum Format {
        LID1(16, 0xff),
        LID4(48, 0xffff_ffffL);

        private final int headerBytes;
        private final long maxListId;

        Format(int headerBytes, long maxListId) {
            this.headerBytes = headerBytes;
            this.maxListId = maxListId;
        }

        public int headerBytes() {
            return headerBytes;
        }
    }

    /** PARAMETER LIST FORMAT of a LID4 list. */
    static final int LID4_FORMAT = 0x01;

    /** HEADER CSCD DESCRIPTOR LIST LENGTH: as of one descriptor, whose type is none. */
    static final int LID4_HEADER_TARGETS = CscdDescriptor.LENGTH;

    /** HEADER CSCD DESCRIPTOR TYPE CODE. */
    static final int LID4_HEADER_TYPE = 0xff;

    /** LIST ID USAGE (SPC-4, 6.4.3.2); the ordinal is the value on the wire. */
    public enum ListIdUsage {
        /** The result is kept until it is asked for, or time is up. */
        HOLD,
        RESERVED,
        /** The result need not be kept. */
        DISCARD,
        /** There is no list identifier. */
        NONE
    }

    /** A list, or what is wrong with it. */
    public sealed interface Parsed {
        record Whole(ExtendedCopyList list) implements Parsed {}

        /** Nothing of it may be done. */
        record Refused(Sense sense) implements Parsed {}
    }

    public ExtendedCopyList {
        if (listId < 0 || listId > format.maxListId || (priority & ~7) != 0) {
            throw new IllegalArgumentException("list " + listId + ", priority " + priority);
        }
        if (format == Format.LID1 && (immediate || goodSense)) {
            throw new IllegalArgumentException("IMMED and G_SENSE are of LID4 lists");
        }
        targets = List.copyOf(targets);
        segments = List.copyOf(segments);
    }

    /** A LID1 list. */
    public ExtendedCopyList(
            long listId,
            boolean strict,
            ListIdUsage usage,
            int priority,
            List<CscdDescriptor> targets,
            List<SegmentDescriptor> segments) {
        this(Format.LID1, listId, strict, usage, priority, false, false, targets, segments);
    }

    /**
     * Reads a list and checks all that can be checked without knowing any device.
     *
     * @param data the whole list between position and limit; is not moved
     */
    public static Parsed parse(ByteBuffer data, Format format, CopyLimits limits) {
        return new ListParser(data, format, limits).parse();
    }

    /** Byte in the list at which a segment's descriptor starts. */
    public int segmentOffset(int index) {
        int at = targetOffset(targets.size());
        for (SegmentDescriptor segment : segments.subList(0, index)) {
            at += segment.length();
        }
        return at;
    }

    /** Byte in the list at which a CSCD descriptor starts. */
    public int targetOffset(int index) {
        return format.headerBytes + index * CscdDescriptor.LENGTH;
    }

    /** The bytes on the wire. */
    public byte[] encode() {
        int end = segmentOffset(segments.size());
        ByteBuffer out = ByteBuffer.allocate(end);
        int targetBytes = targets.size() * CscdDescriptor.LENGTH;
        int segmentBytes = end - targetOffset(targets.size());
        out.put(1, (byte) ((strict ? 0x20 : 0) | usage.ordinal() << 3 | priority));
        switch (format) {
            case LID1 -> {
                out.put(0, (byte) listId);
                out.putShort(2, (short) targetBytes);
                out.putInt(8, segmentBytes);
            }
            case LID4 -> {
                out.put(0, (byte) LID4_FORMAT);
                out.putShort(2, (short) LID4_HEADER_TARGETS);
                out.put(15, (byte) ((goodSense ? 2 : 0) | (immediate ? 1 : 0)));
                out.put(16, (byte) LID4_HEADER_TYPE);
                out.putInt(20, (int) listId);
                out.putShort(42, (short) targetBytes);
                out.putShort(44, (short) segmentBytes);
            }
        }
        for (int i = 0; i < targets.size(); i++) {
            targets.get(i).encode(out, targetOffset(i));
        }
        int at = targetOffset(targets.size());
        for (SegmentDescriptor segment : segments) {
            segment.encode(out, at);
            at += segment.length();
        }
        return out.array();
    }
}
