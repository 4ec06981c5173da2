package io.tidegate.target.iscsi;

import io.tidegate.iscsi.wire.LoginStatus;
import io.tidegate.presentation.LogicalUnitId;
import io.tidegate.target.device.UnitActivity;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

/** Sums what the loops have counted. From any thread that may wait for a moment. */
final class Snapshots {
    private static final long LOOP_LIMIT_MILLIS = 1000;
    private static final TargetMetrics.Load SILENT = new TargetMetrics.Load(1, 0, 0, 0, 0, 0, 0);

    private Snapshots() {}

    static TargetMetrics of(Environment environment, Collection<Loop> loops) {
        List<CompletableFuture<TargetMetrics.Load>> loads =
                loops.stream().map(loop -> load(environment, loop)).toList();
        LoginGuard guard = environment.guard();
        return new TargetMetrics(
                units(loops),
                sessions(environment),
                guard.discoveries(),
                guard.connections(),
                guard.logins(),
                failures(guard),
                sum(loops, loop -> loop.counters.protocolErrors.get()),
                sum(loops, loop -> loop.counters.rejects.get()),
                sum(loops, loop -> loop.counters.keepAliveDrops.get()),
                sum(loops, loop -> loop.counters.received.get()),
                sum(loops, loop -> loop.counters.sent.get()),
                loads.stream()
                        .map(CompletableFuture::join)
                        .reduce(
                                new TargetMetrics.Load(0, 0, 0, 0, 0, 0, 0),
                                TargetMetrics.Load::plus));
    }

    /** What one unit's commands came to, for its log pages. */
    static UnitActivity.Counts counts(Collection<Loop> loops, LogicalUnitId unit) {
        long[] sum = new long[6];
        for (Loop loop : loops) {
            UnitCounters.Unit row = loop.counters.units.find(unit);
            if (row != null) {
                sum[0] += row.kinds.reads.count();
                sum[1] += row.kinds.writes.count();
                sum[2] += row.kinds.reads.bytes();
                sum[3] += row.kinds.writes.bytes();
                sum[4] += row.kinds.reads.nanos();
                sum[5] += row.kinds.writes.nanos();
            }
        }
        return new UnitActivity.Counts(sum[0], sum[1], sum[2], sum[3], sum[4], sum[5]);
    }

    private static List<TargetMetrics.Unit> units(Collection<Loop> loops) {
        record Sum(String name, UnitCounters.Kinds kinds) {}
        Map<LogicalUnitId, Sum> byUnit = new TreeMap<>((a, b) -> a.value().compareTo(b.value()));
        for (Loop loop : loops) {
            for (UnitCounters.Unit row : loop.counters.units.units()) {
                byUnit.computeIfAbsent(row.id, id -> new Sum(row.name, new UnitCounters.Kinds()))
                        .kinds
                        .addAll(row.kinds);
            }
        }
        List<TargetMetrics.Unit> units = new ArrayList<>();
        byUnit.forEach(
                (id, sum) ->
                        units.add(
                                new TargetMetrics.Unit(
                                        id,
                                        sum.name,
                                        sum.kinds.reads.operations(),
                                        sum.kinds.writes.operations(),
                                        sum.kinds.others.operations())));
        return List.copyOf(units);
    }

    private static List<TargetMetrics.Session> sessions(Environment environment) {
        return environment.sessions().all().stream()
                .sorted(Comparator.comparingLong(Session::id))
                .map(Snapshots::session)
                .toList();
    }

    private static TargetMetrics.Session session(Session session) {
        UnitCounters.Kinds kinds = session.counters().total();
        return new TargetMetrics.Session(
                session.id(),
                session.nexusId().initiatorName(),
                kinds.reads.operations(),
                kinds.writes.operations(),
                kinds.others.operations());
    }

    /** A row for each way to fail, so that the first failure is a step and not a beginning. */
    private static Map<String, Long> failures(LoginGuard guard) {
        Map<String, Long> failures = new TreeMap<>();
        for (LoginStatus status : LoginStatus.values()) {
            if (status != LoginStatus.SUCCESS) {
                failures.put(status.name(), 0L);
            }
        }
        failures.putAll(guard.failures());
        return failures;
    }

    private static CompletableFuture<TargetMetrics.Load> load(Environment environment, Loop loop) {
        CompletableFuture<TargetMetrics.Load> load = new CompletableFuture<>();
        try {
            loop.now(() -> load.complete(loadNow(environment, loop)));
        } catch (RejectedExecutionException e) {
            load.complete(SILENT); // the target is closed
        }
        return load.completeOnTimeout(SILENT, LOOP_LIMIT_MILLIS, TimeUnit.MILLISECONDS);
    }

    private static TargetMetrics.Load loadNow(Environment environment, Loop loop) {
        long windows = 0;
        long outstanding = 0;
        for (Session session : environment.sessions().all()) {
            if (session.loop() == loop) {
                windows += session.connection().serials().size();
                outstanding += session.connection().serials().outstanding();
            }
        }
        return new TargetMetrics.Load(
                0,
                loop.readCredit.used(),
                loop.readCredit.budget(),
                loop.writeCredit.used(),
                loop.writeCredit.budget(),
                windows,
                outstanding);
    }

    private static <T> long sum(Collection<T> parts, ToLongFunction<T> of) {
        return parts.stream().mapToLong(of).sum();
    }
}
