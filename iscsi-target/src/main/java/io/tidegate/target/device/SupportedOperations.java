package io.tidegate.target.device;

import io.tidegate.presentation.UnitShape;
import io.tidegate.scsi.Be;
import io.tidegate.scsi.DiscoveryCommand.ReportOperations;
import io.tidegate.scsi.Operation;
import io.tidegate.scsi.Sense;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/** REPORT SUPPORTED OPERATION CODES, told from the command table (SPC-5, 6.34). */
final class SupportedOperations {

    private static final int NOT_SUPPORTED = 1;
    private static final int SUPPORTED = 3;
    private static final int TIMEOUTS = 12;

    private SupportedOperations() {}

    /**
     * The row if a unit of this shape has the command. One that is fully provisioned gives nothing
     * back (LBPME=0), so that it has no command for that.
     */
    static @Nullable Operation on(UnitShape shape, @Nullable Operation row) {
        boolean givesBack = row == Operation.UNMAP || row == Operation.SANITIZE_BLOCK_ERASE;
        return givesBack && !shape.thin() ? null : row;
    }

    static Step answer(Context c, ReportOperations command) {
        int opcode = command.opcode();
        int action = command.serviceAction();
        boolean actions = Operation.hasServiceActions(opcode);
        UnitShape shape = c.unit().shape();
        return switch (command.options()) {
            case 0 -> Context.data(all(shape, command.timeouts()), command.allocation());
            case 1 ->
                    actions
                            ? c.check(Sense.invalidFieldInCdb(2, 2))
                            : one(command, on(shape, Operation.find(opcode)));
            case 2 ->
                    Operation.find(opcode) != null
                            ? c.check(Sense.invalidFieldInCdb(2, 2))
                            : one(command, on(shape, Operation.find(opcode, action)));
            case 3 -> {
                Operation plain = action == 0 ? Operation.find(opcode) : null;
                yield one(
                        command, on(shape, plain != null ? plain : Operation.find(opcode, action)));
            }
            default -> c.check(Sense.invalidFieldInCdb(2, 2));
        };
    }

    private static byte[] all(UnitShape shape, boolean timeouts) {
        ByteArrayOutputStream list = new ByteArrayOutputStream();
        for (Operation row : Operation.values()) {
            if (on(shape, row) == null) {
                continue;
            }
            byte[] descriptor = new byte[timeouts ? 8 + TIMEOUTS : 8];
            Be.put8(descriptor, 0, row.opcode());
            if (row.hasServiceAction()) {
                Be.put16(descriptor, 2, row.serviceAction());
            }
            descriptor[5] = (byte) ((timeouts ? 0x02 : 0) | (row.hasServiceAction() ? 0x01 : 0));
            Be.put16(descriptor, 6, row.cdbLength());
            if (timeouts) {
                Be.put16(descriptor, 8, TIMEOUTS - 2);
            }
            list.writeBytes(descriptor);
        }
        byte[] out = new byte[4 + list.size()];
        Be.put32(out, 0, list.size());
        System.arraycopy(list.toByteArray(), 0, out, 4, list.size());
        return out;
    }

    private static Step one(ReportOperations command, @Nullable Operation row) {
        if (row == null) {
            byte[] out = new byte[4];
            out[1] = NOT_SUPPORTED;
            return Context.data(out, command.allocation());
        }
        byte[] usage = row.usage();
        byte[] out = new byte[4 + usage.length + (command.timeouts() ? TIMEOUTS : 0)];
        out[1] = (byte) ((command.timeouts() ? 0x80 : 0) | SUPPORTED);
        Be.put16(out, 2, usage.length);
        System.arraycopy(usage, 0, out, 4, usage.length);
        if (command.timeouts()) {
            Be.put16(out, 4 + usage.length, TIMEOUTS - 2);
        }
        return Context.data(out, command.allocation());
    }
}
