package io.tidegate.target.iscsi;

import io.tidegate.presentation.LogicalUnit;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Queue;

/**
 * What one loop may hold in buffers of one direction. A unit may use all of it while it is alone,
 * and three quarters while others want some too, so that none can starve the rest. Whoever finds no
 * credit waits in order of asking. For its loop only.
 */
final class BufferCredit {
    private record Waiter(LogicalUnit unit, int bytes, Runnable granted) {}

    private final long budget;
    private final Map<LogicalUnit, Long> held = new HashMap<>();
    private final Queue<Waiter> waiting = new ArrayDeque<>();
    private long used;

    BufferCredit(long budget) {
        this.budget = budget;
    }

    /** Takes credit at once, or has {@code granted} called once it was taken. */
    boolean take(LogicalUnit unit, int bytes, Runnable granted) {
        if (waiting.isEmpty() && fits(unit, bytes)) {
            charge(unit, bytes);
            return true;
        }
        waiting.add(new Waiter(unit, bytes, granted));
        grant();
        return false;
    }

    /** Takes credit whether there is any or not: for what has come unasked. */
    void charge(LogicalUnit unit, int bytes) {
        used += bytes;
        held.merge(unit, (long) bytes, Long::sum);
    }

    void give(LogicalUnit unit, int bytes) {
        used -= bytes;
        held.computeIfPresent(unit, (u, now) -> now == bytes ? null : now - bytes);
        grant();
    }

    long used() {
        return used;
    }

    long budget() {
        return budget;
    }

    /** Whether more than half is in use: windows had better not grow. */
    boolean tight() {
        return used > budget / 2;
    }

    private void grant() {
        boolean again = true;
        while (again && !waiting.isEmpty()) {
            again = false;
            for (Iterator<Waiter> i = waiting.iterator(); i.hasNext(); ) {
                Waiter waiter = i.next();
                if (fits(waiter.unit, waiter.bytes)) {
                    i.remove();
                    charge(waiter.unit, waiter.bytes);
                    waiter.granted.run();
                    again = true;
                    break; // what was called may have changed the queue
                }
            }
        }
    }

    private boolean fits(LogicalUnit unit, int bytes) {
        if (used == 0) {
            return true; // a single command may be larger than all
        }
        if (used + bytes > budget) {
            return false;
        }
        long own = held.getOrDefault(unit, 0L);
        boolean alone = own == used;
        return alone || own + bytes <= budget / 4 * 3;
    }
}
