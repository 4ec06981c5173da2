package io.tidegate.presentation;

import java.util.Optional;

/**
 * What discovery sessions have to prove, as administrators see it; no secret is in it.
 *
 * @param chapUser name that initiators prove; empty when each proves what its host proves
 * @param mutualUser name by which the appliance proves itself
 */
public record DiscoveryInfo(Optional<String> chapUser, Optional<String> mutualUser) {}
