package io.tidegate.scsi.copy;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * A segment descriptor: one step of a copy (SPC-4, 6.4.6). The nested records are what is
 * implemented; every other type is refused by its type code.
 */
public sealed interface SegmentDescriptor {

    /** Type codes of all that are implemented, ascending. */
    List<Integer> TYPES =
            List.of(BlockToBlock.TYPE, Verify.TYPE, OffsetToOffset.TYPE, RegisterKey.TYPE);

    /** The index that names the logical unit that received the command (SPC-4, 6.4.5.1). */
    int RECEIVING_UNIT = 0xffff;

    /** Bytes in the list, header included. */
    int length();

    void encode(ByteBuffer list, int at);

    /**
     * Bytes of a descriptor of this type, header included.
     *
     * @return 0 when the type is not implemented
     */
    static int lengthOf(int type) {
        return switch (type) {
            case BlockToBlock.TYPE -> BlockToBlock.LENGTH;
            case Verify.TYPE -> Verify.LENGTH;
            case OffsetToOffset.TYPE -> OffsetToOffset.LENGTH;
            case RegisterKey.TYPE -> RegisterKey.LENGTH;
            default -> 0;
        };
    }

    /**
     * Reads a descriptor that is whole.
     *
     * @throws IllegalArgumentException when its type is not implemented
     */
    static SegmentDescriptor parse(ByteBuffer list, int at) {
        int type = list.get(at) & 0xff;
        return switch (type) {
            case BlockToBlock.TYPE -> BlockToBlock.parse(list, at);
            case Verify.TYPE -> Verify.parse(list, at);
            case OffsetToOffset.TYPE -> OffsetToOffset.parse(list, at);
            case RegisterKey.TYPE -> RegisterKey.parse(list, at);
            default -> throw new IllegalArgumentException("segment of type " + type);
        };
    }

    /** Type and DESCRIPTOR LENGTH, which counts what follows it. */
    private static void header(ByteBuffer list, int at, int type) {
        list.put(at, (byte) type);
        list.putShort(at + 2, (short) (lengthOf(type) - 4));
    }

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
            header(list, at, TYPE);
            list.put(at + 1, (byte) ((destinationCount ? 2 : 0) | (keepResidual ? 1 : 0)));
            list.putShort(at + SOURCE_INDEX_OFFSET, (short) source);
            list.putShort(at + DESTINATION_INDEX_OFFSET, (short) destination);
            list.putShort(at + BLOCKS_OFFSET, (short) blocks);
            list.putLong(at + 12, sourceLba);
            list.putLong(at + 20, destinationLba);
        }
    }

    /**
     * Asks whether a device can be reached (SPC-4, 6.4.6.9).
     *
     * @param testReady TUR bit: also whether it is ready
     * @param target index of the CSCD descriptor
     */
    record Verify(boolean testReady, int target) implements SegmentDescriptor {

        public static final int TYPE = 0x07;
        public static final int LENGTH = 12;

        static Verify parse(ByteBuffer list, int at) {
            return new Verify((list.get(at + 8) & 1) != 0, list.getShort(at + 4) & 0xffff);
        }

        @Override
        public int length() {
            return LENGTH;
        }

        @Override
        public void encode(ByteBuffer list, int at) {
            header(list, at, TYPE);
            list.putShort(at + 4, (short) target);
            list.put(at + 8, (byte) (testReady ? 1 : 0));
        }
    }

    /**
     * Copies bytes from anywhere on one block device to anywhere on another (SPC-4, 6.4.6.12). What
     * else the first and last block of the destination hold stays.
     *
     * @param keepResidual CAT bit; of no effect, since nothing is ever left over
     * @param source index of the CSCD descriptor
     * @param destination index of the CSCD descriptor
     * @param bytes unsigned 32 bits; 0 copies nothing
     * @param sourceLba unsigned
     * @param destinationLba unsigned
     * @param sourceOffset bytes into the first block of the source, 0 to 65535
     * @param destinationOffset bytes into the first block of the destination, 0 to 65535
     */
    record OffsetToOffset(
            boolean keepResidual,
            int source,
            int destination,
            long bytes,
            long sourceLba,
            long destinationLba,
            int sourceOffset,
            int destinationOffset)
            implements SegmentDescriptor {

        public static final int TYPE = 0x0a;
        public static final int LENGTH = 32;

        /** Offsets in the descriptor, for pointing to a field that is wrong. */
        public static final int BYTES_OFFSET = 8;

        public static final int SOURCE_OFFSET_OFFSET = 28;
        public static final int DESTINATION_OFFSET_OFFSET = 30;

        static OffsetToOffset parse(ByteBuffer list, int at) {
            return new OffsetToOffset(
                    (list.get(at + 1) & 1) != 0,
                    list.getShort(at + 4) & 0xffff,
                    list.getShort(at + 6) & 0xffff,
                    list.getInt(at + BYTES_OFFSET) & 0xffff_ffffL,
                    list.getLong(at + 12),
                    list.getLong(at + 20),
                    list.getShort(at + SOURCE_OFFSET_OFFSET) & 0xffff,
                    list.getShort(at + DESTINATION_OFFSET_OFFSET) & 0xffff);
        }

        @Override
        public int length() {
            return LENGTH;
        }

        @Override
        public void encode(ByteBuffer list, int at) {
            header(list, at, TYPE);
            list.put(at + 1, (byte) (keepResidual ? 1 : 0));
            list.putShort(at + 4, (short) source);
            list.putShort(at + 6, (short) destination);
            list.putInt(at + BYTES_OFFSET, (int) bytes);
            list.putLong(at + 12, sourceLba);
            list.putLong(at + 20, destinationLba);
            list.putShort(at + SOURCE_OFFSET_OFFSET, (short) sourceOffset);
            list.putShort(at + DESTINATION_OFFSET_OFFSET, (short) destinationOffset);
        }
    }

    /**
     * PERSISTENT RESERVE OUT with REGISTER, sent by the copy manager (SPC-4, 6.4.6.17).
     *
     * @param destination index of the CSCD descriptor
     * @param key that is registered now, 0 for none
     * @param newKey to register, 0 to unregister
     */
    record RegisterKey(int destination, long key, long newKey) implements SegmentDescriptor {

        public static final int TYPE = 0x14;
        public static final int LENGTH = 28;

        static RegisterKey parse(ByteBuffer list, int at) {
            return new RegisterKey(
                    list.getShort(at + 6) & 0xffff, list.getLong(at + 8), list.getLong(at + 16));
        }

        @Override
        public int length() {
            return LENGTH;
        }

        @Override
        public void encode(ByteBuffer list, int at) {
            header(list, at, TYPE);
            list.putShort(at + 6, (short) destination);
            list.putLong(at + 8, key);
            list.putLong(at + 16, newKey);
        }
    }
}
