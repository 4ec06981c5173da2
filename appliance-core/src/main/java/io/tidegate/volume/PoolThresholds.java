package io.tidegate.volume;

/**
 * From how full on a pool is talked about, in percent of {@link StoreStatus#usedPercent()}.
 *
 * @param warnPercent an event, and a unit attention on thin LUNs
 * @param criticalPercent an alarm
 * @param refusePercent no new snapshots, volumes and clones; 100 refuses only when it is full
 */
public record PoolThresholds(int warnPercent, int criticalPercent, int refusePercent) {

    public static final PoolThresholds DEFAULT = new PoolThresholds(75, 85, 95);

    public PoolThresholds {
        if (!(0 < warnPercent
                && warnPercent < criticalPercent
                && criticalPercent < refusePercent
                && refusePercent <= 100)) {
            throw new IllegalArgumentException(
                    "thresholds of %d, %d and %d %%; they rise: 0 < warn < critical < refuse <= 100"
                            .formatted(warnPercent, criticalPercent, refusePercent));
        }
    }
}
