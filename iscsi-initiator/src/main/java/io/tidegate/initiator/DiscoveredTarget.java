package io.tidegate.initiator;

import java.util.List;

/**
 * A target that a discovery named.
 *
 * @param name its iSCSI name
 * @param addresses its portals as the target wrote them: {@code host[:port],tag}
 */
public record DiscoveredTarget(String name, List<String> addresses) {
    public DiscoveredTarget {
        addresses = List.copyOf(addresses);
    }
}
