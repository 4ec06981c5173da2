package io.tidegate.volume;

import java.util.Optional;

/**
 * A pool as administrators see it.
 *
 * @param status space and health; empty when the pool is not open
 * @param problem why it is not open, or why it takes no writes; empty when all is well
 * @param trouble what fails in an open pool at present and goes on when the fault ends
 * @param volumes how many it holds, those in the bin included
 */
public record PoolInfo(
        PoolRecord pool,
        Optional<StoreStatus> status,
        Optional<String> problem,
        Optional<String> trouble,
        int volumes) {}
