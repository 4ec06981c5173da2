package io.tidegate.pool;

import io.tidegate.block.DeviceException;
import io.tidegate.block.ExtentMapped.Run;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Which runs of a map are mapped. */
final class Runs {

    private Runs() {}

    /** The root of the map that is looked at, taken while a guard is open. */
    interface Root {
        MapNode get() throws IOException;
    }

    static List<Run> of(
            PoolCore core, Root root, String device, long offset, long length, int maxRuns)
            throws DeviceException {
        if (maxRuns < 1) {
            throw new IllegalArgumentException("at most " + maxRuns + " runs");
        }
        Guards.Guard guard = core.guards.enter();
        try {
            return walk(core, root.get(), offset, offset + length, maxRuns);
        } catch (IOException e) {
            throw Failures.reading(e, device, offset, length);
        } finally {
            core.guards.leave(guard);
        }
    }

    private static List<Run> walk(PoolCore core, MapNode root, long offset, long end, int maxRuns)
            throws IOException {
        int shift = core.layout.grainShift();
        List<Run> runs = new ArrayList<>();
        long runStart = offset;
        long at = offset;
        boolean mapped = false;
        while (at < end) {
            long grain = at >>> shift;
            MapNode leaf = VolumeMap.leaf(core.store, root, grain, false);
            long next;
            boolean here;
            if (leaf == null || leaf == VolumeMap.HOLE) {
                here = false;
                next = (grain | MapNode.SLOT_MASK) + 1 << shift;
            } else {
                here = Slot.address(leaf.slot((int) grain & MapNode.SLOT_MASK)) != 0;
                next = grain + 1 << shift;
            }
            if (at > runStart && here != mapped) {
                runs.add(new Run(runStart, at - runStart, mapped));
                if (runs.size() == maxRuns) {
                    return runs;
                }
                runStart = at;
            }
            mapped = here;
            at = Math.min(end, next);
        }
        if (end > runStart) {
            runs.add(new Run(runStart, end - runStart, mapped));
        }
        return runs;
    }
}
