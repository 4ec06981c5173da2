package io.tidegate.pool;

import java.util.List;

/**
 * What a check of a pool found.
 *
 * @param volumes volumes that were walked
 * @param snapshots snapshots that were walked
 * @param grains grains with an owner
 * @param nodes metadata nodes with an owner
 * @param problems each with its place; empty when all is well
 */
public record PoolCheckReport(
        int volumes, int snapshots, long grains, long nodes, List<String> problems) {

    public PoolCheckReport {
        problems = List.copyOf(problems);
    }

    public boolean clean() {
        return problems.isEmpty();
    }
}
