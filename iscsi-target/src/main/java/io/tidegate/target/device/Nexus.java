package io.tidegate.target.device;

import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LogicalUnitId;
import io.tidegate.scsi.LunAddress;
import io.tidegate.target.attention.Attention;
import io.tidegate.target.reservation.Registrant;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What the device server keeps for one session: the LUNs it sees and the attentions owed to it.
 * Made by {@link DeviceServer#open}, ended by {@link DeviceServer#close}. Safe for concurrent
 * calls.
 */
public final class Nexus {

    /**
     * A LUN as this nexus sees it.
     *
     * @param readOnly whether this nexus may not write to it
     * @param attentions owed for it, in the order of telling
     * @param lastWrite when a command that writes was last taken
     */
    public record LunState(
            int number,
            LogicalUnit unit,
            boolean readOnly,
            List<Attention> attentions,
            Optional<Instant> lastWrite) {}

    private final NexusId id;
    private final Registrant registrant;
    private volatile NexusLuns luns = NexusLuns.NOTHING;
    private volatile boolean closed;
    private volatile boolean fenced;

    Nexus(NexusId id) {
        this.id = id;
        this.registrant =
                new Registrant(id.initiatorName(), id.isid(), id.targetPort(), id.portalGroupTag());
    }

    public NexusId id() {
        return id;
    }

    /** The unit behind the eight bytes of a LUN field, as this nexus sees it now; null for none. */
    public @Nullable LogicalUnit unit(long lun) {
        NexusLun found = luns.get(LunAddress.number(lun));
        return found == null ? null : found.unit();
    }

    /** When this nexus last had a command that writes taken, by unit. */
    public Map<LogicalUnitId, Instant> lastWrites() {
        return times(NexusLun::lastWriteMillis);
    }

    /** When this nexus last had a write refused because the unit is held, by unit. */
    public Map<LogicalUnitId, Instant> refusedWrites() {
        return times(NexusLun::refusedWriteMillis);
    }

    /** Its LUNs now, by number. */
    public List<LunState> lunStates() {
        return luns.all().stream().map(Nexus::state).toList();
    }

    private static LunState state(NexusLun lun) {
        long millis = lun.lastWriteMillis();
        return new LunState(
                lun.number(),
                lun.unit(),
                lun.writeProtected(),
                lun.attentions().pending(),
                millis == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis)));
    }

    /** Name of the host that the initiator belongs to; empty for nobody's. */
    public String host() {
        return luns.view().host();
    }

    private Map<LogicalUnitId, Instant> times(ToLongFunction<NexusLun> of) {
        Map<LogicalUnitId, Instant> times = new HashMap<>();
        for (NexusLun lun : luns.all()) {
            long millis = of.applyAsLong(lun);
            if (millis != 0) {
                times.put(lun.unit().id(), Instant.ofEpochMilli(millis));
            }
        }
        return times;
    }

    Registrant registrant() {
        return registrant;
    }

    /** The key under which the copy manager keeps the copies of this nexus. */
    String copyKey() {
        return id.toString();
    }

    @Nullable NexusLun lun(int number) {
        return luns.get(number);
    }

    List<NexusLun> luns() {
        return luns.all();
    }

    void show(NexusLuns now) {
        luns = now;
    }

    /**
     * The session ends: a write that has not reached its device yet never does, for the initiator
     * may send it again elsewhere. Any thread, any number of times.
     */
    public void fence() {
        fenced = true;
    }

    boolean isFenced() {
        return fenced;
    }

    boolean isClosed() {
        return closed;
    }

    void markClosed() {
        closed = true;
    }

    @Override
    public String toString() {
        return id.toString();
    }
}
