package io.tidegate.shell;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.ChangeStream;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Discardable;
import io.tidegate.recovery.Mover;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Copies one piece after the other; the real one belongs to another module. */
final class PlainMover implements Mover {

    private static final int PIECE = 64 * 1024;

    @Override
    public Ways ways(BlockDevice source, BlockDevice destination, long length) {
        return new Ways(4096, length - 4096, "share+plain", "both lie in one store");
    }

    @Override
    public Result move(Order order, Control control) throws DeviceException {
        long copied = 0;
        long discarded = 0;
        try (ChangeStream extents = order.extents()) {
            for (Optional<ChangeStream.Change> c = extents.next();
                    c.isPresent();
                    c = extents.next()) {
                long end = c.get().end();
                if (c.get().kind() == ChangeStream.Kind.DISCARDED) {
                    ((Discardable) order.destination()).discard(c.get().offset(), c.get().length());
                    discarded += c.get().length();
                } else {
                    for (long at = c.get().offset(); at < end; at += PIECE) {
                        ByteBuffer piece =
                                ByteBuffer.allocateDirect((int) Math.min(PIECE, end - at));
                        order.source().read(at, piece);
                        order.destination().write(at, piece.flip());
                        copied += piece.capacity();
                    }
                }
                control.progress(copied, discarded, end);
            }
        }
        order.destination().flush();
        return new Result(true, copied, discarded, 0, 0, "plain");
    }
}
