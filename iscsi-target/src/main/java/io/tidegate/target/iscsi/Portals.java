package io.tidegate.target.iscsi;

import io.netty.util.NetUtil;
import io.tidegate.presentation.LunDirectory;
import io.tidegate.presentation.TargetInfo;
import io.tidegate.presentation.TargetInfo.Portal;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * A target's portals as seen from one connection: which of them it came in by, how they are named
 * to its initiator, and whether it is to go to another one.
 */
final class Portals {

    private Portals() {}

    /** The portal of a target that a connection came in by; a wildcard only when no other fits. */
    static Optional<Portal> of(TargetInfo info, InetSocketAddress local) {
        Portal wildcard = null;
        for (Portal portal : info.portals()) {
            InetSocketAddress listen = portal.listen();
            if (listen.equals(local)) {
                return Optional.of(portal);
            }
            boolean port = listen.getPort() == 0 || listen.getPort() == local.getPort();
            if (wildcard == null && port && any(listen)) {
                wildcard = portal;
            }
        }
        return Optional.ofNullable(wildcard);
    }

    private static boolean any(InetSocketAddress address) {
        return address.getAddress() != null && address.getAddress().isAnyLocalAddress();
    }

    /**
     * How a portal is named on the wire, without its group: the advertised address, else where it
     * listens. A wildcard is never named; the address that the connection came in by stands for it.
     */
    static String address(Portal portal, InetSocketAddress local) {
        if (portal.advertised().isPresent()) {
            return text(portal.advertised().get());
        }
        InetSocketAddress listen = portal.listen();
        int port = listen.getPort() == 0 ? local.getPort() : listen.getPort();
        InetAddress host = listen.getAddress();
        if (host == null || host.isAnyLocalAddress()) {
            host = local.getAddress();
        }
        return text(new InetSocketAddress(host, port));
    }

    private static String text(InetSocketAddress address) {
        InetAddress host = address.getAddress();
        if (host == null) {
            String name = address.getHostString();
            return (name.indexOf(':') < 0 ? name : "[" + name + "]") + ":" + address.getPort();
        }
        // the short form of IPv6, without a zone, which means nothing to another machine
        String plain = NetUtil.toAddressString(host);
        return (host instanceof Inet6Address ? "[" + plain + "]" : plain) + ":" + address.getPort();
    }

    /**
     * Where an initiator is to go instead (RFC 7143, 11.13.5). Never to where it is: the portal
     * that a redirect leads to serves.
     *
     * @return TargetAddress, without a group as the standard wants it here; empty to serve it
     */
    static Optional<String> elsewhere(
            LunDirectory directory, TargetInfo info, String initiator, InetSocketAddress local) {
        return directory
                .redirect(info.name(), initiator)
                .filter(goal -> !of(info, local).equals(Optional.of(goal)))
                .map(goal -> address(goal, local))
                .filter(address -> !address.equals(text(local)));
    }
}
