package io.tidegate.scsi.copy;

import io.tidegate.scsi.Sense;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The parameter list of EXTENDED COPY (LID1) (SPC-4, 6.4).
 *
 * <pre>
 *   0        16                16+C                      16+C+S
 *   | header | C bytes of CSCD | S bytes of segment      | inline data |
 *   |        | descriptors     | descriptors             | (refused)   |
 * </pre>
 *
 * @param listId 0 to 255
 * @param strict STR bit: devices are to be used in the order of the list
 * @param priority 0 to 7
 */
public record ExtendedCopyList(
        int listId,
        boolean strict,
        ListIdUsage usage,
        int priority,
        List<CscdDescriptor> targets,
        List<SegmentDescriptor> segments) {

    public static final int HEADER_LENGTH = 16;

    /** LIST ID USAGE (SPC-4, table 117); the ordinal is the value on the wire. */
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
        if ((listId & ~0xff) != 0 || (priority & ~7) != 0) {
            throw new IllegalArgumentException("list " + listId + ", priority " + priority);
        }
        targets = List.copyOf(targets);
        segments = List.copyOf(segments);
    }

    /**
     * Reads a list and checks all that can be checked without knowing any device.
     *
     * @param data the whole list between position and limit; is not moved
     */
    public static Parsed parse(ByteBuffer data, CopyLimits limits) {
        return new ListParser(data, limits).parse();
    }

    /** Byte in the list at which a segment's descriptor starts. */
    public int segmentOffset(int index) {
        int at = HEADER_LENGTH + targets.size() * CscdDescriptor.LENGTH;
        for (SegmentDescriptor segment : segments.subList(0, index)) {
            at += segment.length();
        }
        return at;
    }

    /** Byte in the list at which a CSCD descriptor starts. */
    public static int targetOffset(int index) {
        return HEADER_LENGTH + index * CscdDescriptor.LENGTH;
    }

    /** The bytes on the wire. */
    public byte[] encode() {
        int targetBytes = targets.size() * CscdDescriptor.LENGTH;
        int segmentBytes = segments.stream().mapToInt(SegmentDescriptor::length).sum();
        ByteBuffer out = ByteBuffer.allocate(HEADER_LENGTH + targetBytes + segmentBytes);
        out.put(0, (byte) listId);
        out.put(1, (byte) ((strict ? 0x20 : 0) | usage.ordinal() << 3 | priority));
        out.putShort(2, (short) targetBytes);
        out.putInt(8, segmentBytes);
        int at = HEADER_LENGTH;
        for (CscdDescriptor target : targets) {
            target.encode(out, at);
            at += CscdDescriptor.LENGTH;
        }
        for (SegmentDescriptor segment : segments) {
            segment.encode(out, at);
            at += segment.length();
        }
        return out.array();
    }
}
