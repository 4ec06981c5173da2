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
 * @param redirects who is sent to one of them from all others
 */
public record TargetInfo(
        String name, String alias, List<Portal> portals, List<Redirect> redirects) {

    /** A target that sends nobody from one portal to another. */
    public TargetInfo(String name, String alias, List<Portal> portals) {
        this(name, alias, portals, List.of());
    }

    /**
     * Hosts that are to use one portal.
     *
     * @param host its name; empty for all hosts that have no redirect of their own
     * @param portal where that portal listens
     */
    public record Redirect(Optional<String> host, InetSocketAddress portal) {}

    /** The portal that a host is sent to; empty when it may use any. */
    public Optional<Portal> goal(String host) {
        Optional<Redirect> own = redirect(Optional.of(host));
        return own.or(() -> redirect(Optional.empty())).flatMap(r -> portal(r.portal()));
    }

    private Optional<Redirect> redirect(Optional<String> host) {
        return redirects.stream().filter(r -> r.host().equals(host)).findFirst();
    }

    /** The portal that listens at an address. */
    public Optional<Portal> portal(InetSocketAddress listen) {
        return portals.stream().filter(p -> p.listen().equals(listen)).findFirst();
    }

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
