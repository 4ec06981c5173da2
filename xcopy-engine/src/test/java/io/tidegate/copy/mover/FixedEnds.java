package io.tidegate.copy.mover;

import io.tidegate.block.BlockDevice;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Lets so many pieces pass, and lets all but the first so many count. */
public final class FixedEnds implements Ends {

    private final BlockDevice source;
    private final BlockDevice destination;

    /** Pieces that have their leave now. */
    public final AtomicInteger inside = new AtomicInteger();

    final AtomicLong changed = new AtomicLong();

    /** So many pieces get their leave. */
    public int most = Integer.MAX_VALUE;

    /** So many of them count. */
    public int counting = Integer.MAX_VALUE;

    private final AtomicInteger passes = new AtomicInteger();

    public FixedEnds(BlockDevice source, BlockDevice destination) {
        this.source = source;
        this.destination = destination;
    }

    @Override
    public @Nullable Pass enter() {
        if (passes.get() >= most) {
            return null;
        }
        int number = passes.incrementAndGet();
        inside.incrementAndGet();
        return new Pass() {
            @Override
            public BlockDevice source() {
                return source;
            }

            @Override
            public BlockDevice destination() {
                return destination;
            }

            @Override
            public void changed(Moved moved) {
                changed.addAndGet(moved.written());
            }

            @Override
            public boolean exit() {
                inside.decrementAndGet();
                return number <= counting;
            }
        };
    }
}
