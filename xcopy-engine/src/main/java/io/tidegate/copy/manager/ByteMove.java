package io.tidegate.copy.manager;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.copy.mover.Ends;
import io.tidegate.copy.mover.Moved;
import io.tidegate.copy.mover.RangeResult;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Moves a range whose bytes are not whole blocks. What else the first and last block of the
 * destination hold is read and written back, as the standard has it: a host's write to that very
 * block between the two is lost, like between any two hosts that share a block.
 *
 * <pre>
 *   source       |....ssss|ssssssss|ss......|      read in whole blocks
 *   destination  |.......d|dddddddd|ddddd...|      edges read first, then written in whole blocks
 * </pre>
 *
 * One piece after the other; a range that overlaps itself goes in the direction in which nothing is
 * overwritten before it was read.
 */
final class ByteMove {

    private static final int PIECE_BYTES = 256 << 10;

    /** A device's failure, and which end it was. */
    private static final class EndFailure extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient RangeResult.Failure failure;

        EndFailure(boolean source, DeviceException cause) {
            super(cause);
            this.failure = new RangeResult.Failure(source, cause);
        }
    }

    private final PlannedSegment segment;
    private final Ends ends;
    private final boolean backwards;
    private final ByteBuffer from;
    private final ByteBuffer to;
    private long done;

    /**
     * @param backwards whether the last piece goes first
     */
    ByteMove(PlannedSegment segment, Ends ends, boolean backwards) {
        this.segment = segment;
        this.ends = ends;
        this.backwards = backwards;
        int piece = (int) Math.min(PIECE_BYTES, segment.lengthBytes());
        // A piece may begin and end inside a block.
        this.from = ByteBuffer.allocateDirect(room(piece, segment.sourceBlockBytes()));
        this.to = ByteBuffer.allocateDirect(room(piece, segment.destinationBlockBytes()));
    }

    private static int room(int piece, int block) {
        return piece + 2 * block;
    }

    /** Moves all of it. Blocks. */
    RangeResult run() {
        long length = segment.lengthBytes();
        while (done < length) {
            Ends.Pass pass = ends.enter();
            if (pass == null) {
                return result(null);
            }
            int bytes = (int) Math.min(PIECE_BYTES, length - done);
            boolean counts;
            try {
                move(pass, backwards ? length - done - bytes : done, bytes);
            } catch (EndFailure e) {
                return result(e.failure);
            } finally {
                counts = pass.exit();
            }
            if (!counts) {
                return result(null);
            }
            done += bytes;
        }
        return result(null);
    }

    private RangeResult result(RangeResult.@Nullable Failure failure) {
        return new RangeResult(new Moved(done, 0, 0, 0), done == segment.lengthBytes(), failure);
    }

    private void move(Ends.Pass pass, long at, int bytes) throws EndFailure {
        int block = segment.sourceBlockBytes();
        long source = segment.sourceOffset() + at;
        long first = source - source % block;
        int span = (int) (roundUp(source + bytes, block) - first);
        try {
            pass.source().read(first, from.clear().limit(span));
        } catch (DeviceException e) {
            throw new EndFailure(true, e);
        }
        int skip = (int) (source - first);
        try {
            put(pass.destination(), at, from.position(skip).limit(skip + bytes));
            pass.changed(new Moved(bytes, 0, 0, 0));
        } catch (DeviceException e) {
            throw new EndFailure(false, e);
        }
    }

    private void put(BlockDevice destination, long at, ByteBuffer data) throws DeviceException {
        int block = segment.destinationBlockBytes();
        long start = segment.destinationOffset() + at;
        long end = start + data.remaining();
        long first = start - start % block;
        int span = (int) (roundUp(end, block) - first);
        if (start > first) {
            destination.read(first, to.clear().limit(block));
        }
        boolean tail = end % block != 0;
        if (tail && (span > block || start == first)) { // else it is the block just read
            destination.read(first + span - block, to.clear().limit(span).position(span - block));
        }
        to.clear().position((int) (start - first)).put(data);
        destination.write(first, to.limit(span).position(0));
    }

    private static long roundUp(long offset, int block) {
        return (offset + block - 1) / block * block;
    }
}
