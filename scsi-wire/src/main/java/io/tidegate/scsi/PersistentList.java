package io.tidegate.scsi;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The parameter lists of PERSISTENT RESERVE OUT (SPC-5, 6.21.3 and 6.21.4).
 *
 * @param key reservation key of the sender
 * @param actionKey service action reservation key
 * @param specifyPorts SPEC_I_PT, basic list only
 * @param allPorts ALL_TG_PT, basic list only
 * @param persist APTPL
 * @param unregister UNREG, list of REGISTER AND MOVE only
 * @param relativePort relative target port identifier, list of REGISTER AND MOVE only
 * @param moveTo the nexus to move to; null in the basic list
 */
public record PersistentList(
        long key,
        long actionKey,
        boolean specifyPorts,
        boolean allPorts,
        boolean persist,
        boolean unregister,
        int relativePort,
        @Nullable TransportId moveTo) {

    /** Length in bytes of the basic list, and of the fixed part of the other. */
    public static final int BASIC_LENGTH = 24;

    /**
     * Reads the basic list.
     *
     * @param data {@link #BASIC_LENGTH} bytes from position to limit; bytes after those are of
     *     SPEC_I_PT
     */
    public static PersistentList basic(ByteBuffer data) {
        int at = data.position();
        int flags = data.get(at + 20);
        return new PersistentList(
                data.getLong(at),
                data.getLong(at + 8),
                (flags & 0x08) != 0,
                (flags & 0x04) != 0,
                (flags & 0x01) != 0,
                false,
                0,
                null);
    }

    /**
     * Reads the list of REGISTER AND MOVE.
     *
     * @param data at least {@link #BASIC_LENGTH} bytes from position to limit
     * @return with {@code moveTo} null when its TransportID makes no sense
     */
    public static PersistentList move(ByteBuffer data) {
        int at = data.position();
        int flags = data.get(at + 17);
        int length = data.getInt(at + 20);
        TransportId to = null;
        if (length >= 0 && length <= data.remaining() - BASIC_LENGTH) {
            to = TransportId.parse(data.slice(at + BASIC_LENGTH, length));
        }
        return new PersistentList(
                data.getLong(at),
                data.getLong(at + 8),
                false,
                false,
                (flags & 0x01) != 0,
                (flags & 0x02) != 0,
                data.getShort(at + 18) & 0xffff,
                to);
    }

    /** The list, basic or with the TransportID. */
    public byte[] encode() {
        byte[] id = moveTo == null ? new byte[0] : moveTo.encode();
        byte[] out = new byte[BASIC_LENGTH + id.length];
        Be.put64(out, 0, key);
        Be.put64(out, 8, actionKey);
        if (moveTo == null) {
            out[20] =
                    (byte) ((specifyPorts ? 0x08 : 0) | (allPorts ? 0x04 : 0) | (persist ? 1 : 0));
        } else {
            out[17] = (byte) ((unregister ? 0x02 : 0) | (persist ? 0x01 : 0));
            Be.put16(out, 18, relativePort);
            Be.put32(out, 20, id.length);
            System.arraycopy(id, 0, out, BASIC_LENGTH, id.length);
        }
        return out;
    }
}
