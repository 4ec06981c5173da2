package io.tidegate.target.iscsi;

import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LogicalUnitId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What one loop counts; written by the loop only, read by whoever scrapes. */
final class LoopCounters {
    /** Up to 2^24 microseconds, 17 s. */
    static final int BUCKETS = 26;

    /** Commands of one kind on one unit. */
    static final class Kind {
        final Counter count = new Counter();
        final Counter errors = new Counter();
        final Counter bytes = new Counter();
        final Counter nanos = new Counter();
        final Counter[] buckets = new Counter[BUCKETS];

        Kind() {
            for (int i = 0; i < BUCKETS; i++) {
                buckets[i] = new Counter();
            }
        }

        void record(boolean good, long moved, long took) {
            count.add(1);
            if (!good) {
                errors.add(1);
            }
            bytes.add(moved);
            nanos.add(took);
            buckets[bucket(took)].add(1);
        }
    }

    /** All commands of one unit. */
    static final class Unit {
        final LogicalUnitId id;
        volatile String name;
        final Kind reads = new Kind();
        final Kind writes = new Kind();
        final Kind others = new Kind();

        Unit(LogicalUnit unit) {
            id = unit.id();
            name = unit.name();
        }
    }

    final Counter received = new Counter();
    final Counter sent = new Counter();
    final Counter protocolErrors = new Counter();
    final Counter rejects = new Counter();

    private final Map<LogicalUnitId, Unit> units = new ConcurrentHashMap<>();
    private @Nullable Unit last;

    static int bucket(long nanos) {
        long micros = Math.max(0, nanos) / 1000;
        return Math.min(BUCKETS - 1, 64 - Long.numberOfLeadingZeros(micros));
    }

    Unit of(LogicalUnit unit) {
        Unit cached = last;
        if (cached != null && cached.id.equals(unit.id())) {
            return cached;
        }
        Unit found = units.computeIfAbsent(unit.id(), id -> new Unit(unit));
        found.name = unit.name();
        last = found;
        return found;
    }

    /** The rows of a unit; null when it had no command on this loop. From any thread. */
    @Nullable Unit find(LogicalUnitId unit) {
        return units.get(unit);
    }

    /** The unit is no longer offered: its rows go with it. */
    void forget(LogicalUnitId unit) {
        units.remove(unit);
    }

    List<Unit> units() {
        return new ArrayList<>(units.values());
    }
}
