package io.tidegate.pool;

import java.util.ArrayList;
import java.util.List;

/**
 * What a check of a pool found.
 *
 * @param volumes volumes that were walked
 * @param snapshots snapshots that were walked
 * @param grains grains with an owner
 * @param nodes metadata nodes with an owner
 * @param generation of the superblock that counts; 0 when an open pool was checked
 * @param replayedRecords records of the log that were replayed in memory, as an opening would; 0
 *     when an open pool was checked
 * @param problems each with its place; empty when all is well
 * @param notes what is not as it should be and will be mended by an opening, such as a superblock
 *     that a loss of power tore
 */
public record PoolCheckReport(
        int volumes,
        int snapshots,
        long grains,
        long nodes,
        long generation,
        long replayedRecords,
        List<String> problems,
        List<String> notes) {

    public PoolCheckReport {
        problems = List.copyOf(problems);
        notes = List.copyOf(notes);
    }

    /** What was counted. */
    PoolCheckReport(int volumes, int snapshots, long grains, long nodes, List<String> problems) {
        this(volumes, snapshots, grains, nodes, 0, 0, problems, List.of());
    }

    static PoolCheckReport of(long generation, List<String> notes) {
        return new PoolCheckReport(0, 0, 0, 0, generation, 0, List.of(), notes);
    }

    PoolCheckReport replayed(long records) {
        return new PoolCheckReport(
                volumes, snapshots, grains, nodes, generation, records, problems, notes);
    }

    /** Takes over what was counted. */
    PoolCheckReport with(PoolCheckReport counted) {
        return new PoolCheckReport(
                counted.volumes,
                counted.snapshots,
                counted.grains,
                counted.nodes,
                generation,
                replayedRecords,
                counted.problems,
                notes);
    }

    PoolCheckReport with(String problem) {
        List<String> all = new ArrayList<>(problems);
        all.add(problem);
        return new PoolCheckReport(
                volumes, snapshots, grains, nodes, generation, replayedRecords, all, notes);
    }

    public boolean clean() {
        return problems.isEmpty();
    }
}
