package io.tidegate.copy.mover;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.ChangeStream;
import io.tidegate.block.DeviceException;
import io.tidegate.recovery.Mover;

/**
 * Moves extents: by reference where both ends lie in one store, else through memory, several pieces
 * at a time, over threads and buffers that all copies share. Thread-safe.
 *
 * <p>Whenever a call returns or throws, none of its pieces is under way any more: no buffer is in a
 * system call, and no byte of the destination changes afterwards.
 */
public final class DataMover implements Mover, AutoCloseable {

    /** Name of the engine that reads and writes through memory. */
    public static final String PIPELINE = "pipeline";

    /** Name of the engine that takes extents over by reference. */
    public static final String SHARE = "share";

    private final MoverSettings settings;
    private final Workers workers;
    private final PieceMover pieces;
    private final Pacer.Ticker ticker;

    public DataMover(MoverSettings settings) {
        this(settings, Pacer.Ticker.SYSTEM);
    }

    DataMover(MoverSettings settings, Pacer.Ticker ticker) {
        this.settings = settings;
        this.ticker = ticker;
        this.workers = new Workers(settings.workers(), settings.pieceBytes());
        this.pieces = new PieceMover(settings);
    }

    @Override
    public Result move(Order order, Control control) throws DeviceException {
        Pacer pacer = new Pacer(order.bytesPerSecond(), ticker);
        // The extents may hold what is read from: they are closed when nothing reads any more.
        try (ChangeStream extents = order.extents();
                Way way = Way.to(order.destination())) {
            return new JobCopy(order, way.device(), control, settings, workers, pieces, pacer)
                    .run(extents);
        }
    }

    /**
     * Copies one range, piece by piece, each with the leave of {@code ends}. A range that overlaps
     * itself on one device arrives as it was before. Holes of the source become holes. Blocks.
     */
    public RangeResult copy(RangeOrder range, Ends ends) {
        return new RangeCopy(range, ends, settings, workers, pieces).run();
    }

    /**
     * Says how a range would go, and why. Moves nothing. The copy itself looks again, and copies
     * what the store then does not share.
     */
    public RangePlan plan(RangeOrder range, BlockDevice source, BlockDevice destination) {
        if (range.oneDevice() && range.sourceOffset() == range.destinationOffset()) {
            return new RangePlan(0, 0, "source and destination are the same bytes");
        }
        Shareable parts = Shareable.of(range, source, destination);
        long shared = parts.to() - parts.from();
        return new RangePlan(shared, range.length() - shared, parts.reason());
    }

    @Override
    public Ways ways(BlockDevice source, BlockDevice destination, long length) {
        RangePlan plan = plan(new RangeOrder(0, 0, length, 1, false), source, destination);
        return new Ways(plan.sharedBytes(), plan.pipelinedBytes(), plan.engine(), plan.reason());
    }

    /** Bytes that may be written to a destination and not durable. */
    public long dirtyBytes() {
        return settings.dirtyBytes();
    }

    /** Returns when no piece is under way; no copy may be started any more. */
    @Override
    public void close() {
        workers.close();
    }
}
