package io.tidegate.target.iscsi;

import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LogicalUnitId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Commands by logical unit; of a loop, or of a session. The thread of the loop counts, any thread
 * reads. The unit that was last counted is found without a look-up.
 */
final class UnitCounters {

    /** Commands by what they do. */
    static final class Kinds {
        final OpCounters reads = new OpCounters();
        final OpCounters writes = new OpCounters();
        final OpCounters others = new OpCounters();

        void addAll(Kinds more) {
            reads.addAll(more.reads);
            writes.addAll(more.writes);
            others.addAll(more.others);
        }
    }

    /** All commands of one unit. */
    static final class Unit {
        final LogicalUnitId id;
        final Kinds kinds = new Kinds();
        volatile String name;
        private volatile boolean gone;

        Unit(LogicalUnit unit) {
            id = unit.id();
            name = unit.name();
        }
    }

    private final Map<LogicalUnitId, Unit> units = new ConcurrentHashMap<>(4);
    private @Nullable Unit last;
    private @Nullable Kinds retired; // of units that are gone; guarded by this

    /** The row of a unit; for the loop. */
    Unit of(LogicalUnit unit) {
        Unit cached = last;
        if (cached != null && cached.id.equals(unit.id()) && !cached.gone) {
            return cached;
        }
        Unit found = units.computeIfAbsent(unit.id(), id -> new Unit(unit));
        found.name = unit.name();
        last = found;
        return found;
    }

    /**
     * The unit is no longer offered: its row goes with it, and what it counted stays in {@link
     * #total}. From any thread.
     */
    synchronized void forget(LogicalUnitId unit) {
        Unit row = units.remove(unit);
        if (row != null) {
            row.gone = true;
            Kinds sum = retired == null ? new Kinds() : retired;
            sum.addAll(row.kinds);
            retired = sum;
        }
    }

    List<Unit> units() {
        return new ArrayList<>(units.values());
    }

    /** The row of a unit for readers; null when nothing was counted for it. */
    @Nullable Unit find(LogicalUnitId unit) {
        return units.get(unit);
    }

    /** Over all units, those that are gone too. */
    synchronized Kinds total() {
        Kinds sum = new Kinds();
        if (retired != null) {
            sum.addAll(retired);
        }
        units.values().forEach(row -> sum.addAll(row.kinds));
        return sum;
    }
}
