package io.tidegate.target.iscsi;

import io.tidegate.iscsi.wire.IscsiName;
import io.tidegate.iscsi.wire.TextKey;
import io.tidegate.iscsi.wire.TextPair;
import io.tidegate.presentation.LunDirectory;
import io.tidegate.presentation.TargetInfo;
import io.tidegate.presentation.TargetInfo.Portal;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Answers SendTargets (RFC 7143, Appendix C): an initiator is told of targets that it may see, and
 * of no others.
 */
final class Discovery {
    private final LunDirectory directory;
    private final String initiator;
    private final Optional<String> target;
    private final InetSocketAddress local;

    /**
     * @param target of a normal session; empty in a discovery session
     * @param local the address that the connection came in by
     */
    Discovery(
            LunDirectory directory,
            String initiator,
            Optional<String> target,
            InetSocketAddress local) {
        this.directory = directory;
        this.initiator = initiator;
        this.target = target;
        this.local = local;
    }

    /**
     * @param what {@code All}, a target's name, or empty for the session's own target
     */
    List<TextPair> sendTargets(String what) {
        if (what.equals("All")) {
            return target.isPresent()
                    ? List.of(TextKey.SEND_TARGETS.with(TextPair.REJECT))
                    : describe(directory.targetsFor(initiator));
        }
        Optional<String> name = what.isEmpty() ? target : IscsiName.normalise(what);
        if (name.isEmpty()) {
            return List.of(TextKey.SEND_TARGETS.with(TextPair.REJECT));
        }
        return describe(
                directory.targetsFor(initiator).stream()
                        .filter(info -> info.name().equals(name.get()))
                        .toList());
    }

    /** Names and addresses and nothing else: libiscsi gives up on an alias here. */
    private List<TextPair> describe(List<TargetInfo> targets) {
        List<TextPair> pairs = new ArrayList<>();
        for (TargetInfo info : targets) {
            pairs.add(TextKey.TARGET_NAME.with(info.name()));
            Set<String> addresses = new LinkedHashSet<>();
            for (Portal portal : info.portals()) {
                addresses.add(address(portal) + "," + portal.groupTag());
            }
            addresses.forEach(address -> pairs.add(TextKey.TARGET_ADDRESS.with(address)));
        }
        return pairs;
    }

    /** The advertised address, else where it listens, else where this connection came in. */
    private String address(Portal portal) {
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
            return address.getHostString() + ":" + address.getPort();
        }
        String plain = host.getHostAddress();
        if (host instanceof Inet6Address) {
            int zone = plain.indexOf('%');
            plain = "[" + (zone < 0 ? plain : plain.substring(0, zone)) + "]";
        }
        return plain + ":" + address.getPort();
    }

    /** The portal group of a target that a connection came in by; 1 when none says so. */
    static int groupTag(TargetInfo info, InetSocketAddress local) {
        int wildcard = 0;
        for (Portal portal : info.portals()) {
            InetSocketAddress listen = portal.listen();
            if (listen.equals(local)) {
                return portal.groupTag();
            }
            InetAddress host = listen.getAddress();
            boolean any = host != null && host.isAnyLocalAddress();
            if (wildcard == 0 && any && listen.getPort() == local.getPort()) {
                wildcard = portal.groupTag();
            }
        }
        return wildcard != 0 ? wildcard : 1;
    }
}
