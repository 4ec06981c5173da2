package io.tidegate.presentation;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A host as administrators see it; no secret is in it.
 *
 * @param chapUser name that its initiators prove; empty without CHAP
 * @param mutualUser name by which targets prove themselves
 * @param luns how many LUNs are mapped to it
 */
public record HostInfo(
        String name,
        List<String> initiators,
        boolean anyInitiator,
        HostOs os,
        Optional<String> chapUser,
        Optional<String> mutualUser,
        int luns,
        Instant createdAt) {}
