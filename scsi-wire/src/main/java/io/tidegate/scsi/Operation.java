package io.tidegate.scsi;

import static io.tidegate.scsi.Conflict.LEGACY_ONLY;
import static io.tidegate.scsi.Conflict.NEVER;
import static io.tidegate.scsi.Conflict.PERSISTENT;
import static io.tidegate.scsi.Conflict.READ;
import static io.tidegate.scsi.Conflict.RESERVE;
import static io.tidegate.scsi.Conflict.WRITE;
import static io.tidegate.scsi.Needs.MEDIUM;
import static io.tidegate.scsi.Needs.NOTHING;
import static io.tidegate.scsi.Needs.READY;
import static io.tidegate.scsi.Needs.WRITABLE;

import java.util.HexFormat;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The command table: one row for each opcode and service action that a Tidegate unit knows.
 * Parsing, the check of reserved CDB bits, reservation conflicts, the answers of a unit that is not
 * ready and REPORT SUPPORTED OPERATION CODES all read these rows.
 *
 * <p>The usage map is what SPC-5, 6.34.3 calls CDB usage data: the opcode, then for each byte the
 * bits that the device server looks at; the service action stands with its value. A bit that a CDB
 * has set outside the map is an invalid field, save the few that old hosts set and that may be
 * passed over.
 */
public enum Operation {
    TEST_UNIT_READY("00 00 00 00 00 00", LEGACY_ONLY, READY, UnitCommand.TestUnitReady::parse),
    REQUEST_SENSE("03 01 00 00 ff 00", NEVER, NOTHING, UnitCommand.RequestSense::parse),
    READ_6("08 1f ff ff ff 00", READ, MEDIUM, MediumCommand.Read::parse6),
    WRITE_6("0a 1f ff ff ff 00", WRITE, WRITABLE, MediumCommand.Write::parse6),
    INQUIRY("12 01 ff ff ff 00", NEVER, NOTHING, DiscoveryCommand.Inquiry::parse),
    MODE_SELECT_6("15 11 00 00 ff 00", WRITE, NOTHING, ModeCommand.Select::parse6),
    RESERVE_6("16 00 00 00 00 00", RESERVE, NOTHING, ReservationCommand.Reserve::parse),
    RELEASE_6("17 00 00 00 00 00", RESERVE, NOTHING, ReservationCommand.Release::parse),
    MODE_SENSE_6("1a 08 ff ff ff 00", READ, NOTHING, ModeCommand.Sense::parse6),
    START_STOP_UNIT("1b 01 00 0f f7 00", WRITE, NOTHING, UnitCommand.StartStop::parse),
    RECEIVE_DIAGNOSTIC("1c 01 ff ff ff 00", READ, NOTHING, UnitCommand.ReceiveDiagnostic::parse),
    SEND_DIAGNOSTIC("1d f7 00 ff ff 00", WRITE, NOTHING, UnitCommand.SendDiagnostic::parse),
    PREVENT_ALLOW("1e 00 00 00 03 00", WRITE, NOTHING, UnitCommand.PreventAllow::parse),
    READ_CAPACITY_10(
            "25 00 00 00 00 00 00 00 00 00", LEGACY_ONLY, READY, UnitCommand.ReadCapacity10::parse),
    READ_10(
            "28 18 ff ff ff ff 1f ff ff 00",
            "00 02 00 00 00 00 20",
            READ,
            MEDIUM,
            MediumCommand.Read::parse10),
    WRITE_10(
            "2a 18 ff ff ff ff 1f ff ff 00",
            "00 02 00 00 00 00 20",
            WRITE,
            WRITABLE,
            MediumCommand.Write::parse10),
    WRITE_AND_VERIFY_10(
            "2e 16 ff ff ff ff 1f ff ff 00",
            WRITE,
            WRITABLE,
            MediumCommand.WriteAndVerify::parse10),
    VERIFY_10("2f 16 ff ff ff ff 1f ff ff 00", READ, MEDIUM, MediumCommand.Verify::parse10),
    PRE_FETCH_10("34 02 ff ff ff ff 1f ff ff 00", READ, MEDIUM, MediumCommand.PreFetch::parse10),
    SYNCHRONIZE_CACHE_10(
            "35 02 ff ff ff ff 1f ff ff 00",
            "00 04",
            WRITE,
            MEDIUM,
            MediumCommand.SynchronizeCache::parse10),
    READ_DEFECT_DATA_10(
            "37 00 1f 00 00 00 00 ff ff 00", READ, READY, UnitCommand.ReadDefects::parse10),
    WRITE_SAME_10(
            "41 18 ff ff ff ff 1f ff ff 00",
            WRITE,
            WRITABLE,
            ProvisioningCommand.WriteSame::parse10),
    UNMAP("42 01 00 00 00 00 1f ff ff 00", WRITE, WRITABLE, ProvisioningCommand.Unmap::parse),
    SANITIZE_OVERWRITE(
            0x01,
            "48 a1 00 00 00 00 00 ff ff 00",
            "",
            WRITE,
            WRITABLE,
            ProvisioningCommand.Sanitize::overwrite),
    SANITIZE_BLOCK_ERASE(
            0x02,
            "48 a2 00 00 00 00 00 ff ff 00",
            "",
            WRITE,
            WRITABLE,
            ProvisioningCommand.Sanitize::blockErase),
    SANITIZE_EXIT_FAILURE_MODE(
            0x1f,
            "48 1f 00 00 00 00 00 ff ff 00",
            "",
            WRITE,
            WRITABLE,
            ProvisioningCommand.Sanitize::exitFailureMode),
    LOG_SENSE("4d 01 ff ff 00 ff ff ff ff 00", LEGACY_ONLY, NOTHING, UnitCommand.LogSense::parse),
    MODE_SELECT_10("55 11 00 00 00 00 00 ff ff 00", WRITE, NOTHING, ModeCommand.Select::parse10),
    RESERVE_10(
            "56 00 00 00 00 00 00 00 00 00", RESERVE, NOTHING, ReservationCommand.Reserve::parse),
    RELEASE_10(
            "57 00 00 00 00 00 00 00 00 00", RESERVE, NOTHING, ReservationCommand.Release::parse),
    MODE_SENSE_10("5a 18 ff ff 00 00 00 ff ff 00", READ, NOTHING, ModeCommand.Sense::parse10),
    PERSISTENT_IN_READ_KEYS(0x00, Group.PERSISTENT_IN),
    PERSISTENT_IN_READ_RESERVATION(0x01, Group.PERSISTENT_IN),
    PERSISTENT_IN_REPORT_CAPABILITIES(0x02, Group.PERSISTENT_IN),
    PERSISTENT_IN_READ_FULL_STATUS(0x03, Group.PERSISTENT_IN),
    PERSISTENT_OUT_REGISTER(0x00, Group.PERSISTENT_OUT),
    PERSISTENT_OUT_RESERVE(0x01, Group.PERSISTENT_OUT),
    PERSISTENT_OUT_RELEASE(0x02, Group.PERSISTENT_OUT),
    PERSISTENT_OUT_CLEAR(0x03, Group.PERSISTENT_OUT),
    PERSISTENT_OUT_PREEMPT(0x04, Group.PERSISTENT_OUT),
    PERSISTENT_OUT_PREEMPT_AND_ABORT(0x05, Group.PERSISTENT_OUT),
    PERSISTENT_OUT_REGISTER_AND_IGNORE(0x06, Group.PERSISTENT_OUT),
    PERSISTENT_OUT_REGISTER_AND_MOVE(0x07, Group.PERSISTENT_OUT),
    EXTENDED_COPY_LID1(0x00, Group.COPY_OUT),
    EXTENDED_COPY_LID4(0x01, Group.COPY_OUT),
    COPY_OPERATION_ABORT(
            0x1c,
            "83 1c ff ff ff ff 00 00 00 00 00 00 00 00 00 00",
            "",
            WRITE,
            NOTHING,
            CopyCommand.Out::parse),
    RECEIVE_COPY_STATUS_LID1(0x00, Group.COPY_IN),
    RECEIVE_COPY_OPERATING_PARAMETERS(0x03, Group.COPY_IN),
    RECEIVE_COPY_FAILURE_DETAILS_LID1(0x04, Group.COPY_IN),
    RECEIVE_COPY_STATUS_LID4(
            0x05,
            "84 05 ff ff ff ff 00 00 00 00 ff ff ff ff 00 00",
            "",
            LEGACY_ONLY,
            NOTHING,
            CopyCommand.In::parse),
    READ_16(
            "88 18 ff ff ff ff ff ff ff ff ff ff ff ff 1f 00",
            "00 02 00 00 00 00 00 00 00 00 00 00 00 00 20",
            READ,
            MEDIUM,
            MediumCommand.Read::parse16),
    COMPARE_AND_WRITE(
            "89 18 ff ff ff ff ff ff ff ff 00 00 00 ff 1f 00",
            WRITE,
            WRITABLE,
            MediumCommand.CompareAndWrite::parse),
    WRITE_16(
            "8a 18 ff ff ff ff ff ff ff ff ff ff ff ff 1f 00",
            "00 02 00 00 00 00 00 00 00 00 00 00 00 00 20",
            WRITE,
            WRITABLE,
            MediumCommand.Write::parse16),
    ORWRITE_16(
            "8b 18 ff ff ff ff ff ff ff ff ff ff ff ff 1f 00",
            WRITE,
            WRITABLE,
            MediumCommand.OrWrite::parse),
    WRITE_AND_VERIFY_16(
            "8e 16 ff ff ff ff ff ff ff ff ff ff ff ff 1f 00",
            WRITE,
            WRITABLE,
            MediumCommand.WriteAndVerify::parse16),
    VERIFY_16(
            "8f 16 ff ff ff ff ff ff ff ff ff ff ff ff 1f 00",
            READ,
            MEDIUM,
            MediumCommand.Verify::parse16),
    PRE_FETCH_16(
            "90 02 ff ff ff ff ff ff ff ff ff ff ff ff 1f 00",
            READ,
            MEDIUM,
            MediumCommand.PreFetch::parse16),
    SYNCHRONIZE_CACHE_16(
            "91 02 ff ff ff ff ff ff ff ff ff ff ff ff 1f 00",
            "00 04",
            WRITE,
            MEDIUM,
            MediumCommand.SynchronizeCache::parse16),
    WRITE_SAME_16(
            "93 19 ff ff ff ff ff ff ff ff ff ff ff ff 1f 00",
            WRITE,
            WRITABLE,
            ProvisioningCommand.WriteSame::parse16),
    WRITE_ATOMIC_16(
            "9c 18 ff ff ff ff ff ff ff ff ff ff ff ff 1f 00",
            WRITE,
            WRITABLE,
            MediumCommand.WriteAtomic::parse),
    READ_CAPACITY_16(
            0x10,
            "9e 10 00 00 00 00 00 00 00 00 ff ff ff ff 00 00",
            "",
            LEGACY_ONLY,
            READY,
            UnitCommand.ReadCapacity16::parse),
    GET_LBA_STATUS_16(
            0x12,
            "9e 12 ff ff ff ff ff ff ff ff ff ff ff ff 00 00",
            "",
            READ,
            MEDIUM,
            ProvisioningCommand.GetLbaStatus::parse),
    REPORT_LUNS(
            "a0 00 ff 00 00 00 ff ff ff ff 00 00",
            NEVER,
            NOTHING,
            DiscoveryCommand.ReportLuns::parse),
    REPORT_TARGET_PORT_GROUPS(
            0x0a,
            "a3 ea 00 00 00 00 ff ff ff ff 00 00",
            "",
            LEGACY_ONLY,
            NOTHING,
            DiscoveryCommand.ReportTargetPortGroups::parse),
    REPORT_SUPPORTED_OPERATION_CODES(
            0x0c,
            "a3 0c 87 ff ff ff ff ff ff ff 00 00",
            "",
            LEGACY_ONLY,
            NOTHING,
            DiscoveryCommand.ReportOperations::parse),
    REPORT_SUPPORTED_TASK_MANAGEMENT(
            0x0d,
            "a3 0d 80 00 00 00 ff ff ff ff 00 00",
            "",
            LEGACY_ONLY,
            NOTHING,
            DiscoveryCommand.ReportTaskManagement::parse),
    READ_12(
            "a8 18 ff ff ff ff ff ff ff ff 1f 00",
            "00 02",
            READ,
            MEDIUM,
            MediumCommand.Read::parse12),
    WRITE_12(
            "aa 18 ff ff ff ff ff ff ff ff 1f 00",
            "00 02",
            WRITE,
            WRITABLE,
            MediumCommand.Write::parse12),
    WRITE_AND_VERIFY_12(
            "ae 16 ff ff ff ff ff ff ff ff 1f 00",
            WRITE,
            WRITABLE,
            MediumCommand.WriteAndVerify::parse12),
    VERIFY_12("af 16 ff ff ff ff ff ff ff ff 1f 00", READ, MEDIUM, MediumCommand.Verify::parse12),
    READ_DEFECT_DATA_12(
            "b7 1f 00 00 00 00 ff ff ff ff 00 00", READ, READY, UnitCommand.ReadDefects::parse12);

    private static final int NO_SERVICE_ACTION = -1;
    private static final int SERVICE_ACTION_MASK = 0x1f;
    private static final Operation[] ALL = values();
    // By opcode; and by opcode times 32 plus service action.
    private static final @Nullable Operation[] BY_OPCODE = new Operation[256];
    private static final @Nullable Operation[] BY_ACTION = new Operation[256 * 32];
    private static final boolean[] HAS_ACTIONS = new boolean[256];

    static {
        for (Operation row : ALL) {
            if (row.hasServiceAction()) {
                HAS_ACTIONS[row.opcode] = true;
                BY_ACTION[row.opcode * 32 + row.serviceAction] = row;
            } else {
                BY_OPCODE[row.opcode] = row;
            }
        }
    }

    private final int opcode;
    private final int serviceAction;
    private final byte[] usage;
    private final byte[] allowed;
    private final Conflict conflict;
    private final Needs needs;
    private final Function<byte[], ? extends ScsiCommand> parser;
    private final Family family;

    Operation(
            String usage,
            Conflict conflict,
            Needs needs,
            Function<byte[], ? extends ScsiCommand> parser) {
        this(NO_SERVICE_ACTION, usage, "", conflict, needs, parser);
    }

    Operation(
            String usage,
            String passedOver,
            Conflict conflict,
            Needs needs,
            Function<byte[], ? extends ScsiCommand> parser) {
        this(NO_SERVICE_ACTION, usage, passedOver, conflict, needs, parser);
    }

    Operation(int serviceAction, Group group) {
        this(
                serviceAction,
                String.format(group.usage, serviceAction),
                "",
                group.conflict,
                group.needs,
                group.parser);
    }

    Operation(
            int serviceAction,
            String usage,
            String passedOver,
            Conflict conflict,
            Needs needs,
            Function<byte[], ? extends ScsiCommand> parser) {
        this.usage = HexFormat.ofDelimiter(" ").parseHex(usage);
        this.opcode = this.usage[0] & 0xff;
        this.serviceAction = serviceAction;
        this.allowed = this.usage.clone();
        byte[] old = HexFormat.ofDelimiter(" ").parseHex(passedOver);
        for (int i = 0; i < old.length; i++) {
            this.allowed[i] |= old[i];
        }
        if (serviceAction != NO_SERVICE_ACTION) {
            this.allowed[1] |= 0x1f;
        }
        this.conflict = conflict;
        this.needs = needs;
        this.parser = parser;
        this.family = familyOf(parser.apply(new byte[16]));
    }

    private static Family familyOf(ScsiCommand sample) {
        for (Family family : Family.values()) {
            if (family.root().isInstance(sample)) {
                return family;
            }
        }
        throw new IllegalStateException(sample + " belongs to no family");
    }

    /** What the rows of one opcode have in common. */
    private enum Group {
        PERSISTENT_IN(
                "5e %02x 00 00 00 00 00 ff ff 00",
                LEGACY_ONLY, NOTHING, ReservationCommand.PersistentIn::parse),
        PERSISTENT_OUT(
                "5f %02x ff 00 00 ff ff ff ff 00",
                PERSISTENT, NOTHING, ReservationCommand.PersistentOut::parse),
        COPY_OUT(
                "83 %02x 00 00 00 00 00 00 00 00 ff ff ff ff 00 00",
                WRITE, READY, CopyCommand.Out::parse),
        COPY_IN(
                "84 %02x ff ff ff ff 00 00 00 00 ff ff ff ff 00 00",
                WRITE, NOTHING, CopyCommand.In::parse);

        private final String usage;
        private final Conflict conflict;
        private final Needs needs;
        private final Function<byte[], ? extends ScsiCommand> parser;

        Group(
                String usage,
                Conflict conflict,
                Needs needs,
                Function<byte[], ? extends ScsiCommand> parser) {
            this.usage = usage;
            this.conflict = conflict;
            this.needs = needs;
            this.parser = parser;
        }
    }

    /** The row for a CDB of at least two bytes, or null when there is none. */
    public static @Nullable Operation find(byte[] cdb) {
        int opcode = cdb[0] & 0xff;
        Operation row = BY_OPCODE[opcode];
        return row != null ? row : find(opcode, cdb[1] & SERVICE_ACTION_MASK);
    }

    /** The row for an opcode that has service actions, or null when there is none. */
    public static @Nullable Operation find(int opcode, int serviceAction) {
        return serviceAction >>> 5 != 0 ? null : BY_ACTION[(opcode & 0xff) * 32 + serviceAction];
    }

    /** The row for an opcode without service actions, or null when there is none. */
    public static @Nullable Operation find(int opcode) {
        return BY_OPCODE[opcode & 0xff];
    }

    /** Whether an opcode is known, and has service actions. */
    public static boolean hasServiceActions(int opcode) {
        return HAS_ACTIONS[opcode & 0xff];
    }

    public int opcode() {
        return opcode;
    }

    public boolean hasServiceAction() {
        return serviceAction != NO_SERVICE_ACTION;
    }

    /** The service action; -1 when the opcode has none. */
    public int serviceAction() {
        return serviceAction;
    }

    /** Length of the CDB in bytes: 6, 10, 12 or 16. */
    public int cdbLength() {
        return usage.length;
    }

    /** The CDB usage data; a fresh array. */
    public byte[] usage() {
        return usage.clone();
    }

    public Needs needs() {
        return needs;
    }

    public Family family() {
        return family;
    }

    /** What a reservation of another nexus does to this CDB. */
    public Conflict conflict(byte[] cdb) {
        return switch (this) {
            case START_STOP_UNIT -> (cdb[4] & 0xf1) == 0x01 ? LEGACY_ONLY : WRITE;
            case PREVENT_ALLOW -> (cdb[4] & 0x03) == 0 ? NEVER : WRITE;
            default -> conflict;
        };
    }

    /**
     * The first bit of a CDB that no field of the command covers.
     *
     * @return byte times 8 plus the bit (7 is the most significant), or -1 when there is none
     */
    public int firstReservedBit(byte[] cdb) {
        for (int i = 1; i < allowed.length; i++) {
            int wrong = cdb[i] & ~allowed[i] & 0xff;
            if (wrong != 0) {
                return i * 8 + 31 - Integer.numberOfLeadingZeros(wrong);
            }
        }
        return -1;
    }

    /** The command in a CDB that this row was found for. */
    public ScsiCommand parse(byte[] cdb) {
        return parser.apply(cdb);
    }
}
