package io.tidegate.pool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes ranges so that a crash leaves all of one or nothing of it. Its bytes go to new grains,
 * also where old ones could be overwritten, and one unit of the log shows them together: a unit is
 * replayed whole or not at all.
 *
 * <pre>
 *   take grains, write bytes (all) | slots (all) | one unit of records
 * </pre>
 */
final class WholeWriter {

    private final PoolCore core;
    private final Volume v;
    private final Layout layout;
    private final VolumeWriter writer;

    WholeWriter(PoolCore core, Volume v, VolumeWriter writer) {
        this.core = core;
        this.v = v;
        this.layout = core.layout;
        this.writer = writer;
    }

    /** Neighbours on disk, for grains in one leaf. */
    private record Run(long grain, SpaceMap.Taken taken) {}

    /**
     * Writes a range; no other write to it happens in between.
     *
     * @throws IOException when nothing of it is written, save where a node of the map could not be
     *     read: then the grains before that node may be new
     */
    void write(long offset, ByteBuffer from) throws IOException {
        writer.locked(
                offset,
                from.remaining(),
                claim -> {
                    if (claim == null) {
                        return false;
                    }
                    v.changes.increment();
                    try {
                        store(offset, from, claim.space());
                    } finally {
                        v.changes.increment();
                    }
                    return true;
                });
        writer.answered();
    }

    private void store(long offset, ByteBuffer from, SpaceClaim claim) throws IOException {
        long end = layout.grainsOf(offset + from.remaining());
        List<Run> runs = new ArrayList<>();
        List<int[]> sums = new ArrayList<>();
        boolean written = false;
        try {
            long g = offset >>> layout.grainShift();
            while (g < end) {
                long leafEnd = Math.min(end, (g | MapNode.SLOT_MASK) + 1);
                SpaceMap.Taken taken = core.space.takeGrains(claim, v.open, (int) (leafEnd - g));
                runs.add(new Run(g, taken));
                sums.add(writer.writeNew(g, taken, offset, from));
                g += taken.grains();
            }
            written = true;
        } finally {
            if (!written) {
                giveBack(runs, claim);
            }
        }
        show(runs, claim);
        for (int i = 0; i < runs.size(); i++) {
            seal(runs.get(i).taken(), sums.get(i));
        }
    }

    private void giveBack(List<Run> runs, SpaceClaim claim) {
        runs.forEach(r -> core.space.giveBack(claim, r.taken().address(), r.taken().grains()));
    }

    private void show(List<Run> runs, SpaceClaim claim) throws IOException {
        List<WalRecord> records = new ArrayList<>();
        List<Replaced> replaced = new ArrayList<>();
        int shown = 0;
        try {
            for (Run run : runs) {
                // Nodes of the path may be copied even if the slots are not reached.
                replaced.add(new Replaced());
                publish(run, replaced.getLast());
                shown++;
            }
        } finally {
            for (int i = 0; i < replaced.size(); i++) {
                records.add(record(runs.get(i), i < shown));
            }
            giveBack(runs.subList(shown, runs.size()), claim);
            v.queued(core.wal.append(records, replaced));
        }
    }

    private void publish(Run run, Replaced out) throws IOException {
        SpaceMap.Taken taken = run.taken();
        v.map.publish(run.grain(), taken.grains(), taken.address(), layout.grainPages(), out);
    }

    private WalRecord record(Run run, boolean shown) {
        int grains = shown ? run.taken().grains() : 0;
        long address = shown ? run.taken().address() : 0;
        return new WalRecord.MapRun(v.serial, run.grain(), grains, address, v.map.epoch());
    }

    private void seal(SpaceMap.Taken taken, int[] sums) {
        for (int i = 0; i < sums.length; i++) {
            core.seals.written.put(
                    taken.address() + ((long) i << layout.grainPageShift()), sums[i]);
        }
    }
}
