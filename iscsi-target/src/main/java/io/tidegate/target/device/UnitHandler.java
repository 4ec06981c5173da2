package io.tidegate.target.device;

import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.UnitShape;
import io.tidegate.scsi.Be;
import io.tidegate.scsi.Capacity;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.UnitCommand;
import io.tidegate.scsi.UnitCommand.LogSense;
import io.tidegate.scsi.UnitCommand.PreventAllow;
import io.tidegate.scsi.UnitCommand.ReadCapacity10;
import io.tidegate.scsi.UnitCommand.ReadCapacity16;
import io.tidegate.scsi.UnitCommand.ReadDefects;
import io.tidegate.scsi.UnitCommand.ReceiveDiagnostic;
import io.tidegate.scsi.UnitCommand.RequestSense;
import io.tidegate.scsi.UnitCommand.SendDiagnostic;
import io.tidegate.scsi.UnitCommand.StartStop;
import io.tidegate.scsi.UnitCommand.TestUnitReady;
import io.tidegate.target.attention.Attention;

/** Commands on the state of a unit as a whole. */
final class UnitHandler implements Handler<UnitCommand> {

    private final Attentions attentions;
    private final LogHandler logs;

    UnitHandler(Attentions attentions, LogHandler logs) {
        this.attentions = attentions;
        this.logs = logs;
    }

    @Override
    public Step begin(Context c, UnitCommand command) {
        return switch (command) {
            case TestUnitReady ready -> Context.GOOD;
            case RequestSense request -> requestSense(c, request);
            case ReadCapacity10 read -> Context.data(capacity(c).encode10(), Capacity.LENGTH_10);
            case ReadCapacity16 read -> Context.data(capacity(c).encode16(), read.allocation());
            case StartStop start -> startStop(c, start);
            case PreventAllow prevent -> prevent(c, prevent);
            case ReadDefects defects -> defects(c, defects);
            case SendDiagnostic send -> sendDiagnostic(c, send);
            case ReceiveDiagnostic receive -> receiveDiagnostic(c, receive);
            case LogSense log -> logs.begin(c, log);
        };
    }

    private static Capacity capacity(Context c) {
        UnitShape shape = c.unit().shape();
        int logical = shape.geometry().logicalBlockBytes();
        int ratio = shape.geometry().physicalBlockBytes() / logical;
        int exponent = Integer.numberOfTrailingZeros(ratio);
        return new Capacity(
                shape.geometry().blocks(), logical, exponent, 0, shape.thin(), shape.thin());
    }

    /** Tells the next attention, and so ends it; else what the unit is busy with. */
    private static Step requestSense(Context c, RequestSense command) {
        Attention owed = c.lun().attentions().take();
        Sense sense = owed != null ? owed.sense() : SanitizeRun.senseOf(c.state());
        byte[] data = (sense == null ? Sense.noSense() : sense).encode(command.descriptor());
        return Context.data(data, command.allocation());
    }

    /** REQUEST SENSE to a LUN number that nothing is mapped to. */
    static Step requestSenseOfNothing(RequestSense command) {
        byte[] data = Sense.logicalUnitNotSupported().encode(command.descriptor());
        return Context.data(data, command.allocation());
    }

    /**
     * Stopping has no meaning for a unit that others use too: it writes the cache back and stays
     * ready. Ejecting takes the medium from every nexus, until one loads it again.
     */
    private Step startStop(Context c, StartStop command) {
        SanitizeRun sanitize = c.state().sanitize();
        if (sanitize != null) {
            return c.check(sanitize.sense());
        }
        if (command.powerCondition() != 0) {
            return Context.GOOD;
        }
        if (!command.loadEject()) {
            return command.start() || command.noFlush() ? Context.GOOD : flush(c);
        }
        if (!c.unit().shape().removable()) {
            return c.check(Sense.invalidFieldInCdb(4, 1));
        }
        boolean changes = command.start() == c.state().ejected();
        if (changes && !c.state().preventing().isEmpty()) {
            return c.check(Sense.mediumRemovalPrevented());
        }
        if (!changes) {
            return Context.GOOD;
        }
        if (command.start()) {
            c.state().ejected(false);
            attentions.toOthers(c.unit(), c.nexus(), Attention.MEDIUM_CHANGED);
            return Context.GOOD;
        }
        return new Step.Run(
                Lane.IO,
                () -> {
                    Step flushed =
                            c.onMedium(
                                    device -> {
                                        device.flush();
                                        return ScsiResult.GOOD;
                                    });
                    if (flushed instanceof Step.Finish finish
                            && finish.result() == ScsiResult.GOOD) {
                        c.state().ejected(true);
                    }
                    return flushed;
                });
    }

    private static Step flush(Context c) {
        if (c.state().ejected() || c.unit().state() == LogicalUnit.State.HELD) {
            return Context.GOOD; // nothing of this unit is cached
        }
        return new Step.Run(
                Lane.IO,
                () ->
                        c.onMedium(
                                device -> {
                                    device.flush();
                                    return ScsiResult.GOOD;
                                }));
    }

    private static Step prevent(Context c, PreventAllow command) {
        switch (command.prevent()) {
            case 0 -> c.state().preventing().remove(c.nexus().id());
            case 1 -> c.state().preventing().add(c.nexus().id());
            default -> {
                return c.check(Sense.invalidFieldInCdb(4, 1));
            }
        }
        return Context.GOOD;
    }

    /** There are no defects: the list is empty in whichever format it is asked for. */
    private static Step defects(Context c, ReadDefects command) {
        int flags =
                (command.primary() ? 0x10 : 0) | (command.grown() ? 0x08 : 0) | command.format();
        byte[] out = new byte[command.ten() ? 4 : 8];
        Be.put8(out, 1, flags);
        return Context.data(out, command.allocation());
    }

    private static Step sendDiagnostic(Context c, SendDiagnostic command) {
        if (command.parameterLength() != 0) {
            return c.check(Sense.invalidFieldInCdb(3, 7));
        }
        // There is nothing to test that TEST UNIT READY does not tell, so the default self-test is
        // passed; the background tests would owe a result page.
        return command.code() == 0 ? Context.GOOD : c.check(Sense.invalidFieldInCdb(1, 7));
    }

    private static Step receiveDiagnostic(Context c, ReceiveDiagnostic command) {
        if (command.pageValid() && command.page() != 0) {
            return c.check(Sense.invalidFieldInCdb(2, 7));
        }
        return Context.data(new byte[] {0, 0, 0, 1, 0}, command.allocation());
    }
}
