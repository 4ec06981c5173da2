package io.tidegate.appliance.wiring;

import io.tidegate.event.Event;
import io.tidegate.event.EventLog;
import io.tidegate.presentation.PortalListeners;
import io.tidegate.presentation.TargetInfo;
import io.tidegate.target.iscsi.TargetServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The target's portals besides the default one. */
final class TargetPortals implements PortalListeners {

    private static final Logger log = LoggerFactory.getLogger(TargetPortals.class);

    private final TargetServer target;
    private final EventLog events;
    private final Set<InetSocketAddress> open = new HashSet<>();

    TargetPortals(TargetServer target, EventLog events) {
        this.target = target;
        this.events = events;
    }

    /** Listens on what the catalog names; an address that is gone does not stop the others. */
    synchronized void openAll(List<TargetInfo.Portal> portals) {
        for (TargetInfo.Portal portal : portals) {
            try {
                open(portal.listen());
            } catch (IOException e) {
                log.error("portal {} is not listened on", portal.listen(), e);
                events.add(
                        Event.Severity.ERROR,
                        "target",
                        "portal:" + portal.listen(),
                        "not listened on: " + e.getMessage());
            }
        }
    }

    @Override
    public synchronized void open(InetSocketAddress address) throws IOException {
        if (!open.contains(address)) {
            target.bind(List.of(address));
            open.add(address);
        }
    }

    @Override
    public synchronized void keepOnly(Set<InetSocketAddress> wanted) {
        for (InetSocketAddress address : Set.copyOf(open)) {
            if (!wanted.contains(address)) {
                target.unbind(address);
                open.remove(address);
            }
        }
    }
}
