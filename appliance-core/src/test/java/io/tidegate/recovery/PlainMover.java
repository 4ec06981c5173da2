package io.tidegate.recovery;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.ChangeStream;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Discardable;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** Moves piece after piece on the caller's thread; the simplest thing that fills the port. */
final class PlainMover implements Mover {

    private static final int PIECE = 64 << 10;

    /** Bytes written by all moves. */
    final AtomicLong copied = new AtomicLong();

    /** Of each order in turn, whether it may go by reference. */
    final List<Boolean> byReference = new CopyOnWriteArrayList<>();

    /** Called before every piece. */
    volatile Runnable beforePiece = () -> {};

    @Override
    public Ways ways(BlockDevice source, BlockDevice destination, long length) {
        return new Ways(4096, length - 4096, "share+plain", "both lie in one store");
    }

    @Override
    public Result move(Order order, Control control) throws DeviceException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(PIECE);
        byReference.add(order.byReference());
        long written = 0;
        long discarded = 0;
        try (ChangeStream extents = order.extents()) {
            Optional<ChangeStream.Change> next;
            while ((next = extents.next()).isPresent()) {
                ChangeStream.Change change = next.get();
                for (long at = change.offset(); at < change.end(); at += PIECE) {
                    beforePiece.run();
                    if (control.cancelled()) {
                        return new Result(false, written, discarded, 0, 0, "plain");
                    }
                    int length = (int) Math.min(PIECE, change.end() - at);
                    if (change.kind() == ChangeStream.Kind.WRITTEN) {
                        copy(order.source(), order.destination(), at, length, buffer);
                        written += length;
                        copied.addAndGet(length);
                    } else {
                        ((Discardable) order.destination()).discard(at, length);
                        discarded += length;
                    }
                    control.progress(written, discarded, at + length);
                }
                order.destination().flush();
                control.checkpoint(change.end());
            }
        }
        order.destination().flush();
        return new Result(true, written, discarded, 0, 0, "plain");
    }

    private static void copy(
            BlockDevice from, BlockDevice to, long at, int length, ByteBuffer buffer)
            throws DeviceException {
        buffer.clear().limit(length);
        from.read(at, buffer);
        buffer.flip();
        to.write(at, buffer);
    }
}
