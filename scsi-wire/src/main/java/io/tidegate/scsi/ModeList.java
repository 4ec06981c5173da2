package io.tidegate.scsi;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Header and block descriptor of mode parameter lists (SPC-5, 7.5.5; SBC-4, 6.5.2). */
public final class ModeList {

    private static final int HEADER_6 = 4;
    private static final int HEADER_10 = 8;

    private ModeList() {}

    /**
     * What stands before the pages of MODE SENSE.
     *
     * @param writeProtected WP
     * @param blocks number of logical blocks
     * @param blockBytes length of a logical block
     */
    public record Medium(boolean writeProtected, long blocks, int blockBytes) {}

    /** The list that answers MODE SENSE. */
    public static byte[] encode(ModeCommand.Sense command, Medium medium, byte[] pages) {
        int descriptor = command.noBlockDescriptor() ? 0 : command.longLba() ? 16 : 8;
        int header = command.six() ? HEADER_6 : HEADER_10;
        byte[] out = new byte[header + descriptor + pages.length];
        int flags = (medium.writeProtected ? 0x80 : 0) | 0x10; // DPOFUA
        if (command.six()) {
            Be.put8(out, 0, out.length - 1);
            Be.put8(out, 2, flags);
            Be.put8(out, 3, descriptor);
        } else {
            Be.put16(out, 0, out.length - 2);
            Be.put8(out, 3, flags);
            Be.put8(out, 4, descriptor == 16 ? 1 : 0);
            Be.put16(out, 6, descriptor);
        }
        if (descriptor == 8) {
            Be.put32(out, header, Math.min(medium.blocks, 0xffffffffL));
            Be.put24(out, header + 5, medium.blockBytes);
        } else if (descriptor == 16) {
            Be.put64(out, header, medium.blocks);
            Be.put32(out, header + 12, medium.blockBytes);
        }
        System.arraycopy(pages, 0, out, header + descriptor, pages.length);
        return out;
    }

    /**
     * The list of MODE SELECT before its pages.
     *
     * @param pages from the first page to the end; null when there is a fault
     */
    public record Opened(@Nullable ByteBuffer pages, @Nullable Sense fault) {}

    /**
     * Checks header and block descriptor: the block length cannot be changed here, nor the number
     * of blocks, which may also be given as 0 or all ones.
     *
     * @param data position to limit
     */
    public static Opened open(boolean six, ByteBuffer data, Medium medium) {
        ByteBuffer in = data.slice();
        int header = six ? HEADER_6 : HEADER_10;
        if (in.remaining() < header) {
            return new Opened(null, Sense.parameterListLength());
        }
        int descriptor = six ? in.get(3) & 0xff : in.getShort(6) & 0xffff;
        if (descriptor > in.remaining() - header) {
            return new Opened(null, Sense.parameterListLength());
        }
        boolean longLba = !six && (in.get(4) & 1) != 0;
        if (descriptor != 0 && descriptor != (longLba ? 16 : 8)) {
            return new Opened(null, Sense.invalidFieldInParameterList(six ? 3 : 6, 7));
        }
        if (descriptor != 0 && !same(in, header, longLba, medium)) {
            return new Opened(null, Sense.invalidFieldInParameterList(header, 7));
        }
        int start = header + descriptor;
        return new Opened(in.slice(start, in.remaining() - start), null);
    }

    private static boolean same(ByteBuffer in, int at, boolean longLba, Medium medium) {
        long blocks = longLba ? in.getLong(at) : in.getInt(at) & 0xffffffffL;
        int length = longLba ? in.getInt(at + 12) : in.getInt(at + 4) & 0xffffff;
        long most = longLba ? -1L : 0xffffffffL;
        return length == medium.blockBytes
                && (blocks == 0 || blocks == most || blocks == medium.blocks);
    }
}
