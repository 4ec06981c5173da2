package io.tidegate.presentation;

import java.util.List;
import java.util.Optional;

/**
 * A host that is to be made.
 *
 * @param initiators iSCSI names; empty exactly when {@code anyInitiator}
 * @param anyInitiator every initiator that no other host has: for laboratories
 * @param chap what its initiators have to prove; empty for nothing
 */
public record HostSpec(
        String name,
        List<String> initiators,
        boolean anyInitiator,
        HostOs os,
        Optional<ChapCredentials> chap) {}
