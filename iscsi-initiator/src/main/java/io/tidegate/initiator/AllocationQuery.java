package io.tidegate.initiator;

import io.tidegate.block.DeviceException;
import io.tidegate.block.DeviceException.Kind;
import io.tidegate.block.ExtentMapped.Run;
import io.tidegate.scsi.ProvisioningCommand;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Asks a LUN by GET LBA STATUS (SBC-4, 5.10) for the runs of a range. */
final class AllocationQuery {

    private static final int HEADER = 8;
    private static final int DESCRIPTOR = 16;
    private static final int ANSWER_BYTES = HEADER + 256 * DESCRIPTOR;
    private static final int DEALLOCATED = 1;
    private static final int ANCHORED = 2;

    private final LunIo io;
    private final int block;
    private final List<Run> runs = new ArrayList<>();

    AllocationQuery(LunIo io, int block) {
        this.io = io;
        this.block = block;
    }

    List<Run> runs() {
        return List.copyOf(runs);
    }

    /**
     * Gathers runs from {@code offset} on.
     *
     * @return false when the LUN does not know the command
     */
    boolean ask(long offset, long length, int maxRuns) throws DeviceException {
        long end = offset + length;
        long at = offset;
        while (at < end) {
            ByteBuffer into = ByteBuffer.allocate(ANSWER_BYTES);
            byte[] cdb = new ProvisioningCommand.GetLbaStatus(at / block, ANSWER_BYTES).encode();
            LunIo.Request request = io.reading(cdb, into, Kind.READ, at);
            CommandResult result = io.answer(request, io.begin(request));
            if (!result.good()) {
                if (at == offset && LunIo.isUnsupported(result)) {
                    return false;
                }
                throw io.failure(request, result);
            }
            long next = take(into.limit(result.received()), at, end, maxRuns);
            if (next < 0) {
                return true;
            }
            if (next == at) {
                throw new DeviceException(
                        Kind.READ, io.name(), at, end - at, "GET LBA STATUS told nothing");
            }
            at = next;
        }
        return true;
    }

    /** Takes the descriptors that follow one another; the offset after them, or -1 when full. */
    private long take(ByteBuffer answer, long from, long end, int maxRuns) {
        long at = from;
        for (int i = HEADER; i + DESCRIPTOR <= answer.limit() && at < end; i += DESCRIPTOR) {
            long lba = answer.getLong(i);
            long blocks = Integer.toUnsignedLong(answer.getInt(i + 8));
            // The first may begin before what was asked for; none may leave a gap or go back.
            boolean fits = i == HEADER ? lba <= at / block && lba >= 0 : lba == at / block;
            long stop = fits ? Math.min(end, (lba + blocks) * block) : at;
            if (stop <= at) {
                break;
            }
            int status = answer.get(i + 12) & 0x0f;
            boolean mapped = status != DEALLOCATED && status != ANCHORED;
            if (!add(at, stop, mapped, maxRuns)) {
                return -1;
            }
            at = stop;
        }
        return at;
    }

    private boolean add(long from, long to, boolean mapped, int maxRuns) {
        if (!runs.isEmpty() && runs.getLast().mapped() == mapped) {
            long start = runs.removeLast().offset();
            runs.add(new Run(start, to - start, mapped));
            return true;
        }
        if (runs.size() == maxRuns) {
            return false;
        }
        runs.add(new Run(from, to - from, mapped));
        return true;
    }
}
