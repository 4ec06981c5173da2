package io.tidegate.target.attention;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The attentions that one nexus is owed for one LUN: each at most once, told in the order of {@link
 * Attention}. Safe for concurrent calls, without locks.
 */
public final class AttentionQueue {

    private static final Attention[] ALL = Attention.values();

    private final AtomicInteger pending = new AtomicInteger(); // one bit for each, by ordinal

    public boolean isEmpty() {
        return pending.get() == 0;
    }

    public void add(Attention attention) {
        pending.getAndUpdate(bits -> bits | 1 << attention.ordinal());
    }

    /** Forgets one; does nothing when it is not owed. */
    public void remove(Attention attention) {
        pending.getAndUpdate(bits -> bits & ~(1 << attention.ordinal()));
    }

    /** What would be told next; null when nothing is owed. */
    public @Nullable Attention peek() {
        int bits = pending.get();
        return bits == 0 ? null : ALL[Integer.numberOfTrailingZeros(bits)];
    }

    /** Everything that is owed, in the order of telling. */
    public List<Attention> pending() {
        int bits = pending.get();
        return Arrays.stream(ALL).filter(a -> (bits & 1 << a.ordinal()) != 0).toList();
    }

    /** Takes what is told next; null when nothing is owed. */
    public @Nullable Attention take() {
        int bits = pending.getAndUpdate(b -> b & b - 1);
        return bits == 0 ? null : ALL[Integer.numberOfTrailingZeros(bits)];
    }
}
