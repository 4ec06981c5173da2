package io.tidegate.target.iscsi;

import io.tidegate.iscsi.wire.IscsiName;
import io.tidegate.iscsi.wire.TextKey;
import io.tidegate.iscsi.wire.TextPair;
import io.tidegate.presentation.LunDirectory;
import io.tidegate.presentation.TargetInfo;
import io.tidegate.presentation.TargetInfo.Portal;
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
                addresses.add(Portals.address(portal, local) + "," + portal.groupTag());
            }
            addresses.forEach(address -> pairs.add(TextKey.TARGET_ADDRESS.with(address)));
        }
        return pairs;
    }
}
