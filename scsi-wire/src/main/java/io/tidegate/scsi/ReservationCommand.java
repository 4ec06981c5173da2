package io.tidegate.scsi;

/** Reservations of both kinds (SPC-5, 5.14, 6.20 and 6.21; SPC-2 for RESERVE and RELEASE). */
public sealed interface ReservationCommand extends ScsiCommand {

    record Reserve() implements ReservationCommand {
        static Reserve parse(byte[] cdb) {
            return new Reserve();
        }
    }

    record Release() implements ReservationCommand {
        static Release parse(byte[] cdb) {
            return new Release();
        }
    }

    /** What PERSISTENT RESERVE IN is to tell; the ordinal is the service action. */
    enum Query {
        KEYS,
        RESERVATION,
        CAPABILITIES,
        FULL_STATUS
    }

    record PersistentIn(Query query, int allocation) implements ReservationCommand {
        private static final Query[] QUERIES = Query.values();

        static PersistentIn parse(byte[] cdb) {
            return new PersistentIn(QUERIES[cdb[1] & 0x03], Be.u16(cdb, 7));
        }
    }

    /** What PERSISTENT RESERVE OUT is to do; the ordinal is the service action. */
    enum Action {
        REGISTER,
        RESERVE,
        RELEASE,
        CLEAR,
        PREEMPT,
        PREEMPT_AND_ABORT,
        REGISTER_AND_IGNORE,
        REGISTER_AND_MOVE
    }

    /**
     * @param scope 0 is the logical unit, the only one
     * @param type 0 to 15
     * @param parameterLength unsigned 32 bits; see {@link PersistentList}
     */
    record PersistentOut(Action action, int scope, int type, int parameterLength)
            implements ReservationCommand {
        private static final Action[] ACTIONS = Action.values();

        static PersistentOut parse(byte[] cdb) {
            return new PersistentOut(
                    ACTIONS[cdb[1] & 0x07], Be.u8(cdb, 2) >>> 4, cdb[2] & 0x0f, Be.i32(cdb, 5));
        }
    }
}
