package io.tidegate.target.device;

import io.tidegate.presentation.LogicalUnit;
import io.tidegate.target.attention.Attention;
import io.tidegate.target.reservation.Registrant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The open nexuses, and the ways to owe them attentions. Safe for concurrent calls. */
final class Attentions {

    private final Set<Nexus> open = ConcurrentHashMap.newKeySet();

    Set<Nexus> nexuses() {
        return open;
    }

    /** Owes an attention to every nexus that sees the unit. */
    void toAll(LogicalUnit unit, Attention attention) {
        toOthers(unit, null, attention);
    }

    /** Owes an attention to every nexus that sees the unit, except one. */
    void toOthers(LogicalUnit unit, @Nullable Nexus except, Attention attention) {
        for (Nexus nexus : open) {
            if (nexus != except) {
                add(nexus, unit, attention);
            }
        }
    }

    /**
     * Owes an attention to the sessions of a registrant; one that is logged out hears of a login.
     */
    void to(Registrant registrant, LogicalUnit unit, Attention attention) {
        for (Nexus nexus : open) {
            if (nexus.registrant().equals(registrant)) {
                add(nexus, unit, attention);
            }
        }
    }

    private static void add(Nexus nexus, LogicalUnit unit, Attention attention) {
        for (NexusLun lun : nexus.luns()) {
            if (lun.unit() == unit) {
                lun.attentions().add(attention);
            }
        }
    }
}
