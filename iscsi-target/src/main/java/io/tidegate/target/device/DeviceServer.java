package io.tidegate.target.device;

import io.tidegate.block.DeviceException;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LunDirectory;
import io.tidegate.presentation.ModePageStore;
import io.tidegate.presentation.ReservationStore;
import org.jspecify.annotations.Nullable;

/**
 * The SCSI device server of all targets. Safe for concurrent calls; commands of one nexus may come
 * from one loop and be completed on others.
 */
public final class DeviceServer implements AutoCloseable {

    private final LunDirectory directory;
    private final ReservationStore reservations;
    private final ModePageStore modes;
    private final DeviceLimits limits;
    private final ProductIdentity product;

    public DeviceServer(
            LunDirectory directory,
            ReservationStore reservations,
            ModePageStore modes,
            DeviceLimits limits,
            ProductIdentity product) {
        this.directory = directory;
        this.reservations = reservations;
        this.modes = modes;
        this.limits = limits;
        this.product = product;
    }

    /** Hands in the transport's task sets; once, before the first {@link #open}. */
    public void attach(TaskControl control) {
        throw new UnsupportedOperationException();
    }

    /** A session has come to its full feature phase; attentions are owed for each of its LUNs. */
    public Nexus open(NexusId id) {
        throw new UnsupportedOperationException();
    }

    /**
     * The session is over, after its tasks were ended: drops its RESERVE(6), ends its copies. May
     * block until their pieces have ended; not for loops.
     *
     * @param loss the connection was lost or taken over, else the initiator logged out
     */
    public void close(Nexus nexus, boolean loss) {
        throw new UnsupportedOperationException();
    }

    /** Checks a command and says what to do; never blocks, for loops. */
    public Step begin(Nexus nexus, ScsiRequest request) {
        throw new UnsupportedOperationException();
    }

    /** What the initiator is told when a device has failed the command. */
    public ScsiResult failed(Nexus nexus, DeviceException failure, ScsiRequest request) {
        throw new UnsupportedOperationException();
    }

    /** What the initiator is told when the command's generation is over or it was given up. */
    public ScsiResult aborted(Nexus nexus, ScsiRequest request) {
        throw new UnsupportedOperationException();
    }

    /**
     * Clears state after the transport has ended the tasks concerned, and owes attentions to the
     * nexuses concerned.
     *
     * @param unit null for the target resets, which concern every unit of the target of {@code by}
     */
    public void reset(ResetKind kind, @Nullable LogicalUnit unit, Nexus by) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
