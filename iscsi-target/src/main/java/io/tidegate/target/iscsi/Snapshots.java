package io.tidegate.target.iscsi;

import io.tidegate.presentation.LogicalUnitId;
import io.tidegate.target.device.UnitCounters;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** Sums what the loops have counted. */
final class Snapshots {

    private Snapshots() {}

    static TargetMetrics of(Environment environment, Collection<Loop> loops) {
        Map<LogicalUnitId, List<LoopCounters.Unit>> byUnit =
                new TreeMap<>((a, b) -> a.value().compareTo(b.value()));
        for (Loop loop : loops) {
            for (LoopCounters.Unit row : loop.counters.units()) {
                byUnit.computeIfAbsent(row.id, id -> new ArrayList<>()).add(row);
            }
        }
        List<TargetMetrics.Unit> units = new ArrayList<>();
        byUnit.forEach((id, rows) -> units.add(unit(id, rows)));
        LoginGuard guard = environment.guard();
        return new TargetMetrics(
                List.copyOf(units),
                environment.sessions().all().size(),
                guard.discoveries(),
                guard.connections(),
                guard.logins(),
                Map.copyOf(guard.failures()),
                sum(loops, loop -> loop.counters.protocolErrors.get()),
                sum(loops, loop -> loop.counters.rejects.get()),
                sum(loops, loop -> loop.counters.received.get()),
                sum(loops, loop -> loop.counters.sent.get()));
    }

    /** What one unit's commands came to, for its log pages. */
    static UnitCounters.Counts counts(Collection<Loop> loops, LogicalUnitId unit) {
        long[] sum = new long[6];
        for (Loop loop : loops) {
            LoopCounters.Unit row = loop.counters.find(unit);
            if (row != null) {
                sum[0] += row.reads.count.get();
                sum[1] += row.writes.count.get();
                sum[2] += row.reads.bytes.get();
                sum[3] += row.writes.bytes.get();
                sum[4] += row.reads.nanos.get();
                sum[5] += row.writes.nanos.get();
            }
        }
        return new UnitCounters.Counts(sum[0], sum[1], sum[2], sum[3], sum[4], sum[5]);
    }

    private static TargetMetrics.Unit unit(LogicalUnitId id, List<LoopCounters.Unit> rows) {
        return new TargetMetrics.Unit(
                id,
                rows.getFirst().name,
                operations(rows, row -> row.reads),
                operations(rows, row -> row.writes),
                operations(rows, row -> row.others));
    }

    private static TargetMetrics.Operations operations(
            List<LoopCounters.Unit> rows, Function<LoopCounters.Unit, LoopCounters.Kind> which) {
        List<LoopCounters.Kind> kinds = rows.stream().map(which).toList();
        List<Long> buckets = new ArrayList<>();
        for (int i = 0; i < LoopCounters.BUCKETS; i++) {
            int n = i;
            buckets.add(sum(kinds, kind -> kind.buckets[n].get()));
        }
        return new TargetMetrics.Operations(
                sum(kinds, kind -> kind.count.get()),
                sum(kinds, kind -> kind.errors.get()),
                sum(kinds, kind -> kind.bytes.get()),
                sum(kinds, kind -> kind.nanos.get()),
                List.copyOf(buckets));
    }

    private static <T> long sum(Collection<T> parts, ToLongFunction<T> of) {
        return parts.stream().mapToLong(of).sum();
    }
}
