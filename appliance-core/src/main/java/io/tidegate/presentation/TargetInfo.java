package io.tidegate.presentation;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;

/**
 * A target as hosts discover it.
 *
 * @param name normalised iSCSI name
 * @param alias free text, may be empty
 * @param portals where it can be reached
 */
public record TargetInfo(String name, String alias, List<Portal> portals) {

    /**
     * One network portal.
     *
     * @param listen where the appliance listens; a wildcard address is never told to hosts
     * @param advertised what hosts are told instead, for NAT and containers
     * @param groupTag target portal group tag, 1 to 65535
     */
    public record Portal(
            InetSocketAddress listen, Optional<InetSocketAddress> advertised, int groupTag) {}
}
