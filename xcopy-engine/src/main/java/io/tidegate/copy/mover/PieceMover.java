package io.tidegate.copy.mover;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Discardable;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Moves one piece on a worker: read, find zeroes, write what is not. */
final class PieceMover {

    /** Longest range of one discard, so that a cancelled copy ends soon. */
    static final long MAX_DISCARD_BYTES = 256L << 20;

    private final int pieceBytes;
    private final int zeroBytes;
    private final ByteBuffer zeroes;
    private final MemorySegment zeroSegment;

    PieceMover(MoverSettings settings) {
        this.pieceBytes = settings.pieceBytes();
        this.zeroBytes = settings.zeroBytes();
        this.zeroes = ByteBuffer.allocateDirect(settings.pieceBytes()).asReadOnlyBuffer();
        this.zeroSegment = MemorySegment.ofBuffer(zeroes);
    }

    /** The end of the piece that begins at {@code from}: on a border of the destination. */
    long pieceEnd(long from, long end) {
        return Math.min(end, from - from % pieceBytes + pieceBytes);
    }

    /** The end of a range to clear in one step. */
    long clearEnd(BlockDevice destination, long from, long end) {
        return destination instanceof Discardable
                ? Math.min(end, from - from % MAX_DISCARD_BYTES + MAX_DISCARD_BYTES)
                : pieceEnd(from, end);
    }

    /**
     * Copies one piece.
     *
     * @param length at most a piece
     */
    Moved copy(
            BlockDevice source,
            long sourceOffset,
            BlockDevice destination,
            long destinationOffset,
            int length,
            ByteBuffer buffer)
            throws EndException {
        buffer.clear().limit(length);
        try {
            source.read(sourceOffset, buffer);
        } catch (DeviceException e) {
            throw new EndException(true, e);
        }
        try {
            return put(destination, destinationOffset, length, buffer);
        } catch (DeviceException e) {
            throw new EndException(false, e);
        }
    }

    private Moved put(BlockDevice destination, long offset, int length, ByteBuffer buffer)
            throws DeviceException {
        if (!(destination instanceof Discardable discardable)) {
            destination.write(offset, buffer.flip());
            return new Moved(length, 0, 0, 0);
        }
        long written = 0;
        int from = 0;
        while (from < length) {
            boolean zero = zero(buffer, from, chunkEnd(offset, from, length));
            int to = chunkEnd(offset, from, length);
            while (to < length && zero(buffer, to, chunkEnd(offset, to, length)) == zero) {
                to = chunkEnd(offset, to, length);
            }
            if (zero && (to - from >= zeroBytes || to - from == length)) {
                discardable.discard(offset + from, to - from);
            } else {
                destination.write(offset + from, buffer.clear().limit(to).position(from));
                written += to - from;
            }
            from = to;
        }
        return new Moved(written, 0, length - written, 0);
    }

    private int chunkEnd(long offset, int from, int length) {
        return (int) Math.min(length, from + zeroBytes - (offset + from) % zeroBytes);
    }

    private boolean zero(ByteBuffer buffer, int from, int to) {
        MemorySegment bytes = MemorySegment.ofBuffer(buffer.clear());
        return MemorySegment.mismatch(bytes, from, to, zeroSegment, 0, to - from) < 0;
    }

    /** Makes a range of the destination read as zeroes; see {@link #clearEnd} for its length. */
    Moved clear(BlockDevice destination, long offset, long length) throws EndException {
        try {
            if (destination instanceof Discardable discardable) {
                discardable.discard(offset, length);
            } else {
                destination.write(offset, zeroes.duplicate().clear().limit((int) length));
            }
            return new Moved(0, length, 0, 0);
        } catch (DeviceException e) {
            throw new EndException(false, e);
        }
    }
}
