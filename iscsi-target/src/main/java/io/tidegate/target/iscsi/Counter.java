package io.tidegate.target.iscsi;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** A count that one thread writes and any thread reads; costs no fence and no lock. */
final class Counter {
    private static final VarHandle VALUE;

    static {
        try {
            VALUE = MethodHandles.lookup().findVarHandle(Counter.class, "value", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private long value;

    void add(long n) {
        VALUE.setOpaque(this, value + n);
    }

    long get() {
        return (long) VALUE.getOpaque(this);
    }
}
