package io.tidegate.pool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What a copy has written and not published (barrier rule 9): bytes in new grains, apart from other
 * writers' grains where the pool has files enough. They are synced before the first of them enters
 * the volume's gate, so no flush of others owes them anything and no drain waits for their sync.
 *
 * <pre>
 *   stage: new grains, bytes | sync of their files | gate, guard, range lock: slots, records
 * </pre>
 *
 * Safe for concurrent calls.
 */
final class StagedGrains {

    /** Grains in a row of the volume that lie in a row on disk. */
    private record Run(long grain, SpaceMap.Taken taken, SpaceClaim claim) {}

    private final PoolCore core;
    private final Volume v;
    private final OpenSegment open = new OpenSegment();
    private List<Run> runs = new ArrayList<>();
    private long bytes;

    StagedGrains(PoolCore core, Volume v) {
        this.core = core;
        this.v = v;
        core.space.beginCopy(open);
    }

    /** Bytes that wait to be published. */
    synchronized long bytes() {
        return bytes;
    }

    /**
     * Writes whole grains to new places.
     *
     * @param first the volume's first grain
     * @param from whole grains between position and limit
     */
    void stage(long first, ByteBuffer from) throws IOException {
        Layout layout = core.layout;
        int grains = from.remaining() >>> layout.grainShift();
        Admission.Claim claim = core.admission.claim(v, grains, 0, 0);
        core.wal.unclaim(claim.walBytes());
        try {
            write(first, grains, from, claim.space());
        } finally {
            core.space.claims.unclaim(claim.space());
        }
    }

    private void write(long first, int grains, ByteBuffer from, SpaceClaim claim)
            throws IOException {
        Layout layout = core.layout;
        long g = first;
        int position = from.position();
        while (g < first + grains) {
            SpaceMap.Taken taken = core.space.takeGrains(claim, open, (int) (first + grains - g));
            int length = taken.grains() << layout.grainShift();
            boolean written = false;
            try {
                core.files.writeUnmarked(taken.address(), 0, from.slice(position, length));
                written = true;
            } finally {
                if (!written) {
                    core.space.giveBack(claim, taken.address(), taken.grains());
                }
            }
            synchronized (this) {
                runs.add(new Run(g, taken, claim));
                bytes += length;
            }
            position += length;
            g += taken.grains();
        }
    }

    /** Makes what was staged durable, then visible; records are queued, not yet durable. */
    void publish(VolumeWriter writer) throws IOException {
        List<Run> mine;
        synchronized (this) {
            mine = runs;
            runs = new ArrayList<>();
            bytes = 0;
        }
        int done = 0;
        try {
            if (core.rules.copiesAreSyncedFirst()) {
                sync(mine);
            }
            while (done < mine.size()) {
                Run run = mine.get(done);
                // From here on the writer gives back what it does not publish.
                done++;
                writer.publishStaged(run.grain(), run.taken(), run.claim());
            }
        } finally {
            giveBack(mine.subList(done, mine.size()));
        }
    }

    private void sync(List<Run> staged) throws IOException {
        try {
            core.files.syncFilesOf(staged.stream().mapToLong(r -> r.taken().address()));
        } catch (IOException e) {
            core.health.noticed(e);
            throw e;
        }
    }

    /** Ends the copy; what was not published is forgotten. */
    void close() {
        core.space.endCopy(open);
        List<Run> mine;
        synchronized (this) {
            mine = runs;
            runs = new ArrayList<>();
            bytes = 0;
        }
        giveBack(mine);
    }

    private void giveBack(List<Run> left) {
        for (Run r : left) {
            core.space.giveBack(r.claim(), r.taken().address(), r.taken().grains());
            core.space.claims.unclaim(r.claim());
        }
    }
}
