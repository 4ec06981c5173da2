package io.tidegate.presentation;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Set;

/** Where the target listens beside its default portal; implemented by the wiring. Calls block. */
public interface PortalListeners {

    /**
     * Starts to listen; does nothing when it does already.
     *
     * @throws IOException when the address cannot be had: the portal is then not made
     */
    void open(InetSocketAddress address) throws IOException;

    /** Stops listening on all others; sessions that came in there stay. */
    void keepOnly(Set<InetSocketAddress> wanted);
}
