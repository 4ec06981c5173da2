package io.tidegate.appliance.metrics;

import io.prometheus.client.Collector;
import io.tidegate.volume.PoolInfo;
import java.util.List;
import java.util.function.Supplier;

/** Space and health of pools. */
final class PoolCollector extends Collector {

    private final Supplier<List<PoolInfo>> pools;

    PoolCollector(Supplier<List<PoolInfo>> pools) {
        this.pools = pools;
    }

    @Override
    public List<MetricFamilySamples> collect() {
        Families f = new Families();
        for (PoolInfo pool : pools.get()) {
            String name = pool.pool().name();
            boolean open = pool.status().isPresent();
            f.gauge("tidegate_pool_open", "1 when the pool is open.", open ? 1 : 0, "pool", name);
            pool.status()
                    .ifPresent(
                            s -> {
                                gauge(f, "total", "Room of the pool.", s.totalBytes(), name);
                                gauge(f, "free", "Room for host writes.", s.freeBytes(), name);
                                gauge(f, "allocated", "Bytes in use.", s.allocatedBytes(), name);
                                gauge(f, "map", "Bytes of the maps.", s.mapBytes(), name);
                                gauge(
                                        f,
                                        "reserved",
                                        "Bytes set aside for volumes, not used yet.",
                                        s.reservedBytes(),
                                        name);
                                gauge(
                                        f,
                                        "shared",
                                        "Bytes that sharing between volumes saves.",
                                        s.sharedBytes(),
                                        name);
                                f.gauge(
                                        "tidegate_pool_used_percent",
                                        "How full it is for writes to thin volumes.",
                                        s.usedPercent(),
                                        "pool",
                                        name);
                                f.gauge(
                                        "tidegate_pool_read_only",
                                        "1 when the pool takes no writes.",
                                        s.readOnlyReason().isPresent() ? 1 : 0,
                                        "pool",
                                        name);
                            });
        }
        return f.samples();
    }

    private static void gauge(Families f, String what, String help, long bytes, String pool) {
        f.gauge("tidegate_pool_" + what + "_bytes", help, bytes, "pool", pool);
    }
}
