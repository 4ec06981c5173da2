package io.tidegate.target.device;

import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LogicalUnitId;
import io.tidegate.scsi.LunAddress;
import io.tidegate.target.reservation.Registrant;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What the device server keeps for one session: the LUNs it sees and the attentions owed to it.
 * Made by {@link DeviceServer#open}, ended by {@link DeviceServer#close}. Safe for concurrent
 * calls.
 */
public final class Nexus {

    private final NexusId id;
    private final Registrant registrant;
    private volatile NexusLuns luns = NexusLuns.NOTHING;
    private volatile boolean closed;

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

    String host() {
        return luns.view().host();
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
