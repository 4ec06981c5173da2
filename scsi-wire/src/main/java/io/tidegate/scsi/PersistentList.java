package io.tidegate.scsi;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The parameter lists of PERSISTENT RESERVE OUT (SPC-5, 6.21.3 and 6.21.4).
 *
 * @param key reservation key of the sender
 * @param actionKey service action reservation key
 * @param specified SPEC_I_PT, basic list only: further initiator ports to register; null without
 * @param allPorts ALL_TG_PT, basic list only
 * @param persist APTPL
 * @param unregister UNREG, list of REGISTER AND MOVE only
 * @param relativePort relative target port identifier, list of REGISTER AND MOVE only
 * @param moveTo the nexus to move to; null in the basic list
 */
public record PersistentList(
        long key,
        long actionKey,
        @Nullable List<TransportId> specified,
        boolean allPorts,
        boolean persist,
        boolean unregister,
        int relativePort,
        @Nullable TransportId moveTo) {

    /** Length in bytes of the basic list, and of the fixed part of the other. */
    public static final int BASIC_LENGTH = 24;

    /** A basic list, or what is wrong with it; one of the two is null. */
    public record Parsed(@Nullable PersistentList list, @Nullable Sense fault) {}

    /**
     * Reads the basic list.
     *
     * @param data from position to limit; more than {@link #BASIC_LENGTH} bytes only with SPEC_I_PT
     */
    public static Parsed basic(ByteBuffer data) {
        int at = data.position();
        if (data.remaining() < BASIC_LENGTH) {
            return new Parsed(null, Sense.parameterListLength());
        }
        int flags = data.get(at + 20);
        List<TransportId> specified = null;
        if ((flags & 0x08) != 0) {
            int room = data.remaining() - BASIC_LENGTH - 4;
            if (room < 0 || data.getInt(at + BASIC_LENGTH) != room) {
                return new Parsed(null, Sense.parameterListLength());
            }
            specified = ports(data.slice(at + BASIC_LENGTH + 4, room));
            if (specified == null) {
                return new Parsed(null, Sense.invalidFieldInParameterList(BASIC_LENGTH + 4, -1));
            }
        } else if (data.remaining() != BASIC_LENGTH) {
            return new Parsed(null, Sense.parameterListLength());
        }
        return new Parsed(
                new PersistentList(
                        data.getLong(at),
                        data.getLong(at + 8),
                        specified,
                        (flags & 0x04) != 0,
                        (flags & 0x01) != 0,
                        false,
                        0,
                        null),
                null);
    }

    /** TransportIDs one after the other; null unless each names an initiator port of iSCSI. */
    private static @Nullable List<TransportId> ports(ByteBuffer data) {
        List<TransportId> ports = new ArrayList<>();
        while (data.hasRemaining()) {
            TransportId id = TransportId.parse(data);
            if (id == null || id.isid() < 0) {
                return null;
            }
            ports.add(id);
            data.position(data.position() + 4 + (data.getShort(data.position() + 2) & 0xffff));
        }
        return ports;
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
                null,
                false,
                (flags & 0x01) != 0,
                (flags & 0x02) != 0,
                data.getShort(at + 18) & 0xffff,
                to);
    }

    /** The list, basic or with the TransportIDs. */
    public byte[] encode() {
        ByteArrayOutputStream ids = new ByteArrayOutputStream();
        if (moveTo != null) {
            ids.writeBytes(moveTo.encode());
        } else if (specified != null) {
            specified.forEach(id -> ids.writeBytes(id.encode()));
        }
        int start = specified == null ? BASIC_LENGTH : BASIC_LENGTH + 4;
        byte[] out = new byte[start + ids.size()];
        Be.put64(out, 0, key);
        Be.put64(out, 8, actionKey);
        if (moveTo == null) {
            out[20] =
                    (byte)
                            ((specified != null ? 0x08 : 0)
                                    | (allPorts ? 0x04 : 0)
                                    | (persist ? 1 : 0));
        } else {
            out[17] = (byte) ((unregister ? 0x02 : 0) | (persist ? 0x01 : 0));
            Be.put16(out, 18, relativePort);
        }
        if (moveTo != null || specified != null) {
            Be.put32(out, start - 4, ids.size());
        }
        System.arraycopy(ids.toByteArray(), 0, out, start, ids.size());
        return out;
    }
}
