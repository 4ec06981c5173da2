package io.tidegate.appliance.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.client.CollectorRegistry;
import io.tidegate.volume.PoolId;
import io.tidegate.volume.PoolInfo;
import io.tidegate.volume.PoolRecord;
import io.tidegate.volume.PoolThresholds;
import io.tidegate.volume.PoolTier;
import io.tidegate.volume.StoreStatus;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

@NullUnmarked
class PoolCollectorTest {

    private final CollectorRegistry registry = new CollectorRegistry();

    private static PoolInfo pool(Optional<StoreStatus> status) {
        PoolRecord record =
                new PoolRecord(
                        PoolId.random(),
                        "fast",
                        PoolTier.FAST,
                        Path.of("/pool"),
                        List.of(),
                        4096,
                        1000,
                        true,
                        PoolThresholds.DEFAULT,
                        Optional.empty(),
                        true,
                        Instant.EPOCH);
        return new PoolInfo(record, status, Optional.empty(), Optional.empty(), 0);
    }

    private Double value(String name) {
        return registry.getSampleValue(name, new String[] {"pool"}, new String[] {"fast"});
    }

    @Test
    void tellsSpaceOfAnOpenPool() {
        StoreStatus status =
                new StoreStatus(1100, 700, 250, 0, 100, 30, 20, 40, true, Optional.empty());
        registry.register(new PoolCollector(() -> List.of(pool(Optional.of(status)))));
        assertThat(value("tidegate_pool_used_percent")).isEqualTo(75);
        assertThat(value("tidegate_pool_reserved_bytes")).isEqualTo(30);
        assertThat(value("tidegate_pool_shared_bytes")).isEqualTo(40);
        assertThat(value("tidegate_pool_free_bytes")).isEqualTo(250);
        assertThat(value("tidegate_pool_read_only")).isZero();
    }

    @Test
    void aClosedPoolHasNoSpaceToTellOf() {
        registry.register(new PoolCollector(() -> List.of(pool(Optional.empty()))));
        assertThat(value("tidegate_pool_open")).isZero();
        assertThat(value("tidegate_pool_used_percent")).isNull();
    }
}
