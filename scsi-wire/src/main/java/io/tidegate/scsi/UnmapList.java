package io.tidegate.scsi;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The parameter list of UNMAP (SBC-4, 5.35.2).
 *
 * @param ranges in the order of the list; may overlap
 */
public record UnmapList(List<Range> ranges) {

    private static final int HEADER = 8;
    private static final int DESCRIPTOR = 16;

    /**
     * @param lba unsigned
     * @param blocks unsigned 32 bits, may be 0
     */
    public record Range(long lba, long blocks) {}

    /**
     * A list, or what is wrong with it.
     *
     * @param list null when there is a fault
     * @param fault null when there is a list
     */
    public record Parsed(@Nullable UnmapList list, @Nullable Sense fault) {}

    /**
     * Reads a list; a descriptor that is cut off by the length in the header is passed over.
     *
     * @param data position to limit
     * @param most number of descriptors that is allowed
     */
    public static Parsed parse(ByteBuffer data, int most) {
        int length = data.remaining();
        if (length == 0) {
            return new Parsed(new UnmapList(List.of()), null);
        }
        if (length < HEADER) {
            return new Parsed(null, Sense.parameterListLength());
        }
        int start = data.position();
        int described = data.getShort(start + 2) & 0xffff;
        if (described > length - HEADER) {
            return new Parsed(null, Sense.parameterListLength());
        }
        int count = described / DESCRIPTOR;
        if (count > most) {
            return new Parsed(null, Sense.invalidFieldInParameterList(2, 7));
        }
        List<Range> ranges = new ArrayList<>(count);
        for (int at = start + HEADER; ranges.size() < count; at += DESCRIPTOR) {
            ranges.add(new Range(data.getLong(at), data.getInt(at + 8) & 0xffffffffL));
        }
        return new Parsed(new UnmapList(ranges), null);
    }

    public byte[] encode() {
        byte[] out = new byte[HEADER + DESCRIPTOR * ranges.size()];
        Be.put16(out, 0, out.length - 2);
        Be.put16(out, 2, out.length - HEADER);
        int at = HEADER;
        for (Range range : ranges) {
            Be.put64(out, at, range.lba());
            Be.put32(out, at + 8, Cdbs.fits(range.blocks(), 32));
            at += DESCRIPTOR;
        }
        return out;
    }
}
