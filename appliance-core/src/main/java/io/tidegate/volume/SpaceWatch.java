package io.tidegate.volume;

import io.tidegate.catalog.Catalog;
import io.tidegate.event.Event.Severity;
import io.tidegate.event.EventLog;
import io.tidegate.volume.PoolRows.Told;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tells when pools fill up, and when they stop or begin to take writes: each crossing of a
 * threshold once, over restarts, too. A level is left {@link SpaceLevel#SLACK_PERCENT} points below
 * its threshold.
 *
 * <p>{@link #look} is called about once a second, on one thread at a time; it blocks for queries.
 */
public final class SpaceWatch {

    private static final String SOURCE = "pool";

    private final Catalog catalog;
    private final PoolService pools;
    private final VolumeUnits units;
    private final EventLog events;

    /** As the rows are: only the watch writes them, so they are read once. */
    private final Map<PoolId, Told> told = new ConcurrentHashMap<>();

    public SpaceWatch(Catalog catalog, PoolService pools, VolumeUnits units, EventLog events) {
        this.catalog = catalog;
        this.pools = pools;
        this.units = units;
        this.events = events;
    }

    /** Looks at every open pool once. */
    public void look() {
        for (Map.Entry<PoolRecord, StoreStatus> one : pools.watched().entrySet()) {
            look(one.getKey(), one.getValue());
        }
    }

    private void look(PoolRecord pool, StoreStatus status) {
        Told before = told.computeIfAbsent(pool.id(), this::read);
        int used = status.usedPercent();
        Told now =
                new Told(
                        before.level().next(used, pool.thresholds()),
                        status.readOnlyReason().isPresent());
        if (now.equals(before)) {
            return;
        }
        if (now.level() != before.level()) {
            tellLevel(pool, status, before.level(), now.level());
        }
        if (now.readOnly() != before.readOnly()) {
            tellReadOnly(pool, status);
        }
        // Last: cut off before, it is told again rather than never.
        catalog.housekeeping(
                tx -> {
                    PoolRows.setTold(tx, pool.id(), now);
                    return now;
                });
        told.put(pool.id(), now);
    }

    private Told read(PoolId pool) {
        return catalog.read(handle -> PoolRows.told(handle, pool));
    }

    private void tellLevel(PoolRecord pool, StoreStatus status, SpaceLevel before, SpaceLevel now) {
        boolean rises = now.compareTo(before) > 0;
        String used = "the pool is " + status.usedPercent() + " % full";
        if (rises) {
            Severity severity = now == SpaceLevel.WARN ? Severity.WARNING : Severity.ERROR;
            add(pool, severity, used + ", " + status.freeBytes() + " bytes free: " + words(now));
        } else {
            int from = before.from(pool.thresholds());
            add(pool, Severity.INFO, used + ", below " + from + " % again: " + words(now));
        }
        if (before == SpaceLevel.OK) {
            units.thinThresholdReached(pool.id());
        }
    }

    private static String words(SpaceLevel level) {
        return switch (level) {
            case OK -> "there is room enough";
            case WARN -> "delete what is not needed, or pool grow";
            case CRITICAL -> "delete snapshots or volumes, or pool grow, before writes fail";
            case REFUSE ->
                    "new snapshots, volumes and clones are refused; purge snapshots or volumes,"
                            + " or pool grow";
        };
    }

    private void tellReadOnly(PoolRecord pool, StoreStatus status) {
        if (status.readOnlyReason().isPresent()) {
            add(
                    pool,
                    Severity.ERROR,
                    "the pool takes no writes: "
                            + status.readOnlyReason().get()
                            + "; pool reopen "
                            + pool.name());
        } else {
            add(pool, Severity.INFO, "the pool takes writes again");
        }
    }

    private void add(PoolRecord pool, Severity severity, String message) {
        events.add(severity, SOURCE, "pool:" + pool.name(), message);
    }
}
