package io.tidegate.target.device;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.Family;
import io.tidegate.scsi.MediumCommand;
import io.tidegate.scsi.Operation;
import io.tidegate.scsi.Sense;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A command under way: who sent it, to which LUN, and the ways to end it. Handlers reach the medium
 * only through {@link #onMedium}, which keeps the rules of the unit's gate and generation.
 */
record Context(Nexus nexus, NexusLun lun, ScsiRequest request) {

    private static final Logger LOG = LoggerFactory.getLogger(Context.class);

    private static final Set<Operation> VERIFIES =
            EnumSet.of(Operation.VERIFY_10, Operation.VERIFY_12, Operation.VERIFY_16);

    static final Step GOOD = new Step.Finish(ScsiResult.GOOD);
    static final Step CONFLICT = new Step.Finish(ScsiResult.RESERVATION_CONFLICT);

    /** Work on the device behind the unit. */
    @FunctionalInterface
    interface MediumWork {
        ScsiResult run(BlockDevice device) throws DeviceException;
    }

    /** Decides about a command that has its data. */
    @FunctionalInterface
    interface DataBody {
        Step run(ByteBuffer data);
    }

    UnitState state() {
        return lun.state();
    }

    LogicalUnit unit() {
        return lun.unit();
    }

    int blockBytes() {
        return lun.unit().shape().geometry().logicalBlockBytes();
    }

    long capacityBlocks() {
        return lun.unit().shape().geometry().blocks();
    }

    ScsiResult result(Sense sense) {
        return ScsiResult.check(sense.encode(state().modes().descriptorSense()));
    }

    Step check(Sense sense) {
        return new Step.Finish(result(sense));
    }

    static Step data(byte[] data, int allocation) {
        return new Step.Finish(ScsiResult.data(data, allocation));
    }

    /** Data-out for a command whose work takes no longer than a few device calls. */
    static Step take(int bytes, DataBody body) {
        return take(bytes, Lane.IO, body);
    }

    static Step take(int bytes, Lane lane, DataBody body) {
        return new Step.TakeData(
                bytes,
                new Step.DataWork() {
                    @Override
                    public Step run(ByteBuffer data) {
                        return body.run(data);
                    }

                    @Override
                    public Lane lane() {
                        return lane;
                    }
                });
    }

    /** What to answer when {@link LogicalUnit#enter} let nobody in. */
    Step notEntered() {
        if (unit().state() == LogicalUnit.State.HELD) {
            return check(Sense.logicalUnitNotSupported());
        }
        return new Step.Park(unit());
    }

    /**
     * Enters the unit, does the work and exits when its last device call has returned. What comes
     * of an old generation is never GOOD: its bytes may be on a volume that hosts no longer see.
     */
    Step onMedium(MediumWork work) {
        LogicalUnit.Entry entry = unit().enter();
        if (entry == null) {
            return notEntered();
        }
        try {
            SanitizeRun run = state().sanitize();
            if (run != null) { // begun while this command waited for its data or a worker
                return check(run.sense());
            }
            ScsiResult result = work.run(entry.device());
            return entry.current() ? new Step.Finish(result) : check(Sense.aborted());
        } catch (DeviceException e) {
            return entry.current() ? new Step.Finish(failed(e)) : check(Sense.aborted());
        } finally {
            entry.exit();
        }
    }

    /**
     * As {@link #onMedium}, for work that changes a range, which waits for earlier changes of it.
     * What had to wait, parked or for its turn, may be too late: nothing is changed once the nexus
     * is fenced, the unit is no LUN of it any more, or the unit points elsewhere.
     *
     * @param offset in bytes
     * @param length in bytes
     */
    Step onRange(long offset, long length, MediumWork work) {
        return onMedium(device -> inTurn(device, offset, length, work));
    }

    /** One range of {@link #onRange} for work inside of {@link #onMedium} that has several. */
    ScsiResult inTurn(BlockDevice device, long offset, long length, MediumWork work)
            throws DeviceException {
        WriteOrder.Turn turn = state().order().take(device, offset, length);
        try {
            if (nexus.isFenced() || unit().device() != device) {
                return result(Sense.aborted());
            }
            if (!mapped()) {
                return result(Sense.logicalUnitNotSupported());
            }
            ScsiResult result = work.run(device);
            return mapped() ? result : result(Sense.aborted()); // taken away by force meanwhile
        } finally {
            state().order().give(turn);
        }
    }

    private boolean mapped() {
        NexusLun now = nexus.lun(lun.number());
        return now != null && now.unit() == lun.unit();
    }

    /** What the initiator is told of a device's failure. */
    ScsiResult failed(DeviceException e) {
        state().errors().failed(e.kind(), VERIFIES.contains(Operation.find(request.cdb())));
        switch (e.kind()) {
            case BUSY, NO_SPACE -> LOG.info("{} of {}: {}", request, nexus, e.getMessage());
            default -> LOG.warn("{} of {} failed: {}", request, nexus, e.getMessage());
        }
        return switch (e.kind()) {
            case READ -> result(Sense.unrecoveredRead(firstDamaged(e)));
            case WRITE, SYNC -> result(Sense.writeError());
            case NO_SPACE -> result(Sense.spaceAllocationFailed());
            case WRITE_PROTECTED -> result(Sense.writeProtected());
            case GONE -> result(Sense.internalTargetFailure());
            case BUSY -> ScsiResult.BUSY;
        };
    }

    /**
     * The first damaged block that the command asked for: what a device checks as a whole may begin
     * before the command's range, and the INFORMATION field names a block inside of it (SBC-4).
     */
    private long firstDamaged(DeviceException e) {
        long lba = e.offset() / blockBytes();
        Operation row = Operation.find(request.cdb());
        return row != null
                        && row.family() == Family.MEDIUM
                        && row.parse(request.cdb()) instanceof MediumCommand command
                ? Math.max(lba, command.lba())
                : lba;
    }
}
