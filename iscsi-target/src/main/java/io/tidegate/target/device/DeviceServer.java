package io.tidegate.target.device;

import io.tidegate.block.DeviceException;
import io.tidegate.copy.manager.CopyManager;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LunDirectory;
import io.tidegate.presentation.LunListener;
import io.tidegate.scsi.CopyCommand;
import io.tidegate.scsi.DiscoveryCommand;
import io.tidegate.scsi.LunAddress;
import io.tidegate.scsi.MediumCommand;
import io.tidegate.scsi.ModeCommand;
import io.tidegate.scsi.Needs;
import io.tidegate.scsi.Operation;
import io.tidegate.scsi.ProvisioningCommand;
import io.tidegate.scsi.ReservationCommand;
import io.tidegate.scsi.ScsiCommand;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.UnitCommand;
import io.tidegate.target.attention.Attention;
import java.time.Clock;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The SCSI device server of all targets. Safe for concurrent calls; commands of one nexus may come
 * from one loop and be completed on others.
 *
 * <p>A command passes in this order: the LUN, attentions of a reset, reservations, other attentions
 * (SAM-5, 5.3.3), the command table, the unit's state, reserved bits of the CDB, write protection,
 * and then its family's handler.
 */
public final class DeviceServer implements AutoCloseable {

    private final CopyManager copies;
    private final Clock clock;
    private final Attentions attentions = new Attentions();
    private final LogHandler logs;
    private final Sanitizer sanitizer;
    private final Presence presence;
    private final LunListener listener;
    private final AtomicReference<@Nullable TaskControl> tasks = new AtomicReference<>();

    private final DiscoveryHandler discovery;
    private final MediumHandler medium;
    private final ProvisioningHandler provisioning;
    private final UnitHandler unit;
    private final ModeHandler mode;
    private final ReservationHandler reservation;
    private final CopyHandler copy;

    public DeviceServer(
            LunDirectory directory,
            UnitStores stores,
            CopyManager copies,
            DeviceLimits limits,
            ProductIdentity product) {
        this(directory, stores, copies, limits, product, Clock.systemUTC());
    }

    /**
     * @param copies stays the caller's to close
     * @param clock for the times that {@link Nexus} tells
     */
    public DeviceServer(
            LunDirectory directory,
            UnitStores stores,
            CopyManager copies,
            DeviceLimits limits,
            ProductIdentity product,
            Clock clock) {
        this.copies = copies;
        this.clock = clock;
        this.logs = new LogHandler(stores.spaces());
        this.sanitizer = new Sanitizer(stores.sanitizes(), limits.sanitizeBytesPerSecond());
        this.presence = new Presence(directory, stores, sanitizer, copies, attentions);
        this.discovery =
                new DiscoveryHandler(directory, new VitalPages(directory, product, limits, copies));
        this.medium = new MediumHandler(limits, clock);
        this.provisioning = new ProvisioningHandler(limits, clock, sanitizer);
        this.unit = new UnitHandler(attentions, logs);
        this.mode = new ModeHandler(stores.modes(), attentions, logs);
        this.reservation =
                new ReservationHandler(
                        directory, stores.reservations(), copies, attentions, this::taskControl);
        this.copy = new CopyHandler(copies, product, reservation);
        this.listener = presence;
        directory.addListener(listener);
    }

    /** Hands in the transport's task sets; once, before the first {@link #open}. */
    public void attach(TaskControl control) {
        if (!tasks.compareAndSet(null, control)) {
            throw new IllegalStateException("the device server has its transport");
        }
    }

    /** Hands in what the transport counts, for LOG SENSE. */
    public void count(UnitActivity counters) {
        logs.count(counters);
    }

    private TaskControl taskControl() {
        TaskControl control = tasks.get();
        if (control == null) {
            throw new IllegalStateException("no transport is attached");
        }
        return control;
    }

    /**
     * Goes on with what a restart has cut off, also where no host logs in; once, when units are
     * known. Reads the stores: not for loops.
     */
    public void resume(Collection<LogicalUnit> units) {
        units.forEach(presence::restore);
    }

    /**
     * A session has come to its full feature phase; attentions are owed for each of its LUNs. Reads
     * the stores for a unit that nobody has seen before: not for loops.
     */
    public Nexus open(NexusId id) {
        return presence.open(id);
    }

    /**
     * The session is over, after its tasks were ended: drops its RESERVE(6), ends its copies. May
     * block until their pieces have ended; not for loops.
     *
     * @param loss the connection was lost or taken over, else the initiator logged out
     */
    public void close(Nexus nexus, boolean loss) {
        presence.close(nexus, loss);
    }

    /** Checks a command and says what to do; never blocks, for loops. */
    public Step begin(Nexus nexus, ScsiRequest request) {
        int number = LunAddress.number(request.lun());
        NexusLun lun = nexus.lun(number);
        Operation found = Operation.find(request.cdb());
        if (lun == null) {
            return beginOfNothing(nexus, request, number, found);
        }
        Operation row = SupportedOperations.on(lun.unit().shape(), found);
        Context c = new Context(nexus, lun, request);
        Step refused = lun.attentions().isEmpty() ? conflict(c, row) : attention(c, row);
        if (refused != null) {
            return refused;
        }
        if (row == null) {
            boolean known = Operation.hasServiceActions(request.opcode());
            return c.check(known ? Sense.invalidFieldInCdb(1, 4) : Sense.invalidOpcode());
        }
        refused = row.needs() == Needs.NOTHING ? null : notReady(c, row);
        if (refused != null) {
            return refused;
        }
        int reserved = row.firstReservedBit(request.cdb());
        if (reserved >= 0) {
            return c.check(Sense.invalidFieldInCdb(reserved >>> 3, reserved & 7));
        }
        if (row.needs() == Needs.WRITABLE) {
            if (lun.writeProtected()) {
                return c.check(Sense.writeProtected());
            }
            if (lun.state().modes().softwareWriteProtect()) {
                return c.check(Sense.softwareWriteProtected());
            }
        }
        return dispatch(c, row, row.parse(request.cdb()));
    }

    private Step dispatch(Context c, Operation row, ScsiCommand command) {
        return switch (row.family()) {
            case MEDIUM -> medium.begin(c, (MediumCommand) command);
            case PROVISIONING -> provisioning.begin(c, (ProvisioningCommand) command);
            case DISCOVERY -> discovery.begin(c, (DiscoveryCommand) command);
            case UNIT -> unit.begin(c, (UnitCommand) command);
            case MODE -> mode.begin(c, (ModeCommand) command);
            case RESERVATION -> reservation.begin(c, (ReservationCommand) command);
            case COPY -> copy.begin(c, (CopyCommand) command);
        };
    }

    /** A LUN number without a unit: three commands answer all the same. */
    private Step beginOfNothing(
            Nexus nexus, ScsiRequest request, int number, @Nullable Operation row) {
        ScsiCommand command = row == null ? null : row.parse(request.cdb());
        return switch (command) {
            case DiscoveryCommand.Inquiry inquiry -> discovery.inquiryOfNothing(inquiry, number);
            case DiscoveryCommand.ReportLuns luns -> DiscoveryHandler.lunsOfNothing(nexus, luns);
            case UnitCommand.RequestSense sense -> UnitHandler.requestSenseOfNothing(sense);
            case null, default -> DiscoveryHandler.noUnit(Sense.logicalUnitNotSupported());
        };
    }

    private static @Nullable Step conflict(Context c, @Nullable Operation row) {
        if (row == null || c.state().allows(c.nexus(), row.conflict(c.request().cdb()))) {
            return null;
        }
        return Context.CONFLICT;
    }

    private static @Nullable Step attention(Context c, @Nullable Operation row) {
        if (row == Operation.INQUIRY
                || row == Operation.REPORT_LUNS
                || row == Operation.REQUEST_SENSE) {
            return null;
        }
        Attention next = c.lun().attentions().peek();
        if (next != null && !next.beforeConflict()) {
            Step conflict = conflict(c, row);
            if (conflict != null) {
                return conflict;
            }
        }
        Attention taken = c.lun().attentions().take();
        return taken == null ? conflict(c, row) : c.check(taken.sense());
    }

    private @Nullable Step notReady(Context c, Operation row) {
        boolean held = c.unit().state() == LogicalUnit.State.HELD;
        if (held && row.needs() == Needs.WRITABLE) {
            c.lun().refusedWrite(clock.millis());
        }
        SanitizeRun run = c.state().sanitize();
        boolean remedy = run != null && run.failed() && row.opcode() == 0x48;
        Sense wrong = c.state().notReady();
        return wrong == null || remedy && !held && !c.state().ejected() ? null : c.check(wrong);
    }

    /** What the initiator is told when a device has failed the command. */
    public ScsiResult failed(Nexus nexus, DeviceException failure, ScsiRequest request) {
        NexusLun lun = nexus.lun(LunAddress.number(request.lun()));
        return lun == null
                ? ScsiResult.check(Sense.aborted().encode(false))
                : new Context(nexus, lun, request).failed(failure);
    }

    /** What the initiator is told when the command's generation is over or it was given up. */
    public ScsiResult aborted(Nexus nexus, ScsiRequest request) {
        NexusLun lun = nexus.lun(LunAddress.number(request.lun()));
        return lun == null
                ? ScsiResult.check(Sense.aborted().encode(false))
                : new Context(nexus, lun, request).result(Sense.aborted());
    }

    /**
     * Clears state after the transport has ended the tasks concerned, and owes attentions: of a
     * reset to every nexus, of a cleared task set to the others. Ends copies, so it may block: not
     * for loops.
     *
     * @param unit null for the target resets, which concern every unit that {@code by} sees
     */
    public void reset(ResetKind kind, @Nullable LogicalUnit unit, Nexus by) {
        presence.reset(kind, unit, by);
    }

    /**
     * Hears of no change any more, and waits for sanitizes to come to a point where they can go on
     * later. Sessions must have been closed.
     */
    @Override
    public void close() {
        presence.stop();
        sanitizer.close();
    }
}
