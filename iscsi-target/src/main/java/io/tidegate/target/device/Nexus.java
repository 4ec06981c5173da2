package io.tidegate.target.device;

import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LogicalUnitId;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the device server keeps for one session: the LUNs it sees and the attentions owed to it.
 * Made by {@link DeviceServer#open}, ended by {@link DeviceServer#close}. Safe for concurrent
 * calls.
 */
public final class Nexus {

    private final NexusId id;

    Nexus(NexusId id) {
        this.id = id;
    }

    public NexusId id() {
        return id;
    }

    /** The unit behind the eight bytes of a LUN field, as this nexus sees it now; null for none. */
    public @Nullable LogicalUnit unit(long lun) {
        throw new UnsupportedOperationException();
    }

    /** When this nexus last had a command that writes taken, by unit. */
    public Map<LogicalUnitId, Instant> lastWrites() {
        throw new UnsupportedOperationException();
    }

    /** When this nexus last had a write refused because the unit is held, by unit. */
    public Map<LogicalUnitId, Instant> refusedWrites() {
        throw new UnsupportedOperationException();
    }
}
