package io.tidegate.target.reservation;

import io.tidegate.scsi.Be;
import io.tidegate.scsi.ReservationCommand.Query;
import io.tidegate.scsi.TransportId;
import io.tidegate.target.reservation.PersistentState.Held;
import java.io.ByteArrayOutputStream;

/** What PERSISTENT RESERVE IN tells of a state (SPC-5, 6.20). */
public final class PersistentIn {

    private static final int HEADER = 8;

    private PersistentIn() {}

    public static byte[] answer(PersistentState state, Query query) {
        return switch (query) {
            case KEYS -> keys(state);
            case RESERVATION -> reservation(state);
            case CAPABILITIES -> capabilities(state);
            case FULL_STATUS -> fullStatus(state);
        };
    }

    private static byte[] header(PersistentState state, int length) {
        byte[] out = new byte[HEADER + length];
        Be.put32(out, 0, state.generation());
        Be.put32(out, 4, length);
        return out;
    }

    private static byte[] keys(PersistentState state) {
        byte[] out = header(state, 8 * state.keys().size());
        int at = HEADER;
        for (long key : state.keys().values()) {
            Be.put64(out, at, key);
            at += 8;
        }
        return out;
    }

    private static byte[] reservation(PersistentState state) {
        Held held = state.held();
        if (held == null) {
            return header(state, 0);
        }
        byte[] out = header(state, 16);
        Long key = state.keys().get(held.holder());
        Be.put64(out, HEADER, held.type().heldByAll() || key == null ? 0 : key);
        Be.put8(out, HEADER + 13, held.type().code());
        return out;
    }

    private static byte[] capabilities(PersistentState state) {
        byte[] out = new byte[8];
        Be.put16(out, 0, out.length);
        out[2] = 0x1d; // CRH, SIP_C, ATP_C, PTPL_C
        out[3] = (byte) (0x80 | (state.persist() ? 1 : 0)); // TMV, PTPL_A
        for (ReservationType type : ReservationType.values()) {
            // The mask has bit n of byte 4 for type n up to 7, and bit 0 of byte 5 for type 8.
            out[type.code() == 8 ? 5 : 4] |= (byte) (type.code() == 8 ? 1 : 1 << type.code());
        }
        return out;
    }

    private static byte[] fullStatus(PersistentState state) {
        ByteArrayOutputStream list = new ByteArrayOutputStream();
        state.keys().forEach((registrant, key) -> list.writeBytes(status(state, registrant, key)));
        byte[] out = header(state, list.size());
        System.arraycopy(list.toByteArray(), 0, out, HEADER, list.size());
        return out;
    }

    private static byte[] status(PersistentState state, Registrant registrant, long key) {
        byte[] id = new TransportId(registrant.initiatorName(), registrant.isid()).encode();
        byte[] out = new byte[24 + id.length];
        Be.put64(out, 0, key);
        Held held = state.held();
        if (held != null && state.isHolder(registrant)) {
            out[12] = 0x01;
            Be.put8(out, 13, held.type().code());
        }
        Be.put16(out, 18, registrant.relativePort());
        Be.put32(out, 20, id.length);
        System.arraycopy(id, 0, out, 24, id.length);
        return out;
    }
}
