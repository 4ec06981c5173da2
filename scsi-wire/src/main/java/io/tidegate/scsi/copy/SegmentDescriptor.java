package io.tidegate.scsi.copy;

import java.nio.ByteBuffer;

/**
 * A segment descriptor: one step of a copy (SPC-4, 6.4.6). Block to block (02h) is implemented;
 * every other type is refused by its type code.
 */
public sealed interface SegmentDescriptor {

    /** The index that names the logical unit that received the command (SPC-4, 6.4.5.1). */
    int RECEIVING_UNIT = 0xffff;

    /** Bytes in the list, header included. */
    int length();

    void encode(ByteBuffer list, int at);

    /**
     * Copies blocks from one block device to another (SPC-4, 6.4.6.4).
     *
     * @param destinationCount DC bit: {@code blocks} counts blocks of the destination, else of the
     *     source
     * @param keepResidual CAT bit: keep data that fill no whole block for the next segment
     * @param source index of the CSCD descriptor
     * @param destination index of the CSCD descriptor
     * @param blocks 0 to 65535; 0 copies nothing
     * @param sourceLba unsigned
     * @param destinationLba unsigned
     */
    record BlockToBlock(
            boolean destinationCount,
            boolean keepResidual,
            int source,
            int destination,
            int blocks,
            long sourceLba,
            long destinationLba)
            implements SegmentDescriptor {

        public static final int TYPE = 0x02;
        public static final int LENGTH = 28;

        /** What the DESCRIPTOR LENGTH field has to say. */
        static final int LENGTH_FIELD = LENGTH - 4;

        /** Offsets in the descriptor, for pointing to a field that is wrong. */
        public static final int SOURCE_INDEX_OFFSET = 4;

        public static final int DESTINATION_INDEX_OFFSET = 6;
        public static final int BLOCKS_OFFSET = 10;

        public BlockToBlock {
            if (((source | destination | blocks) & ~0xffff) != 0) {
                throw new IllegalArgumentException(source + ", " + destination + ", " + blocks);
            }
        }

        /** A plain one: source blocks, nothing kept. */
        public static BlockToBlock of(
                int source, int destination, int blocks, long sourceLba, long destinationLba) {
            return new BlockToBlock(
                    false, false, source, destination, blocks, sourceLba, destinationLba);
        }

        static BlockToBlock parse(ByteBuffer list, int at) {
            int flags = list.get(at + 1);
            return new BlockToBlock(
                    (flags & 2) != 0,
                    (flags & 1) != 0,
                    list.getShort(at + SOURCE_INDEX_OFFSET) & 0xffff,
                    list.getShort(at + DESTINATION_INDEX_OFFSET) & 0xffff,
                    list.getShort(at + BLOCKS_OFFSET) & 0xffff,
                    list.getLong(at + 12),
                    list.getLong(at + 20));
        }

        @Override
        public int length() {
            return LENGTH;
        }

        @Override
        public void encode(ByteBuffer list, int at) {
            list.put(at, (byte) TYPE);
            list.put(at + 1, (byte) ((destinationCount ? 2 : 0) | (keepResidual ? 1 : 0)));
            list.putShort(at + 2, (short) LENGTH_FIELD);
            list.putShort(at + SOURCE_INDEX_OFFSET, (short) source);
            list.putShort(at + DESTINATION_INDEX_OFFSET, (short) destination);
            list.putShort(at + BLOCKS_OFFSET, (short) blocks);
            list.putLong(at + 12, sourceLba);
            list.putLong(at + 20, destinationLba);
        }
    }
}
