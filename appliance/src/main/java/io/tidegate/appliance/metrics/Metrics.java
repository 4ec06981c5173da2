package io.tidegate.appliance.metrics;

import io.prometheus.client.Collector;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.exporter.common.TextFormat;
import io.prometheus.client.hotspot.DefaultExports;
import io.tidegate.copy.manager.CopyCounters;
import io.tidegate.job.JobService;
import io.tidegate.recovery.QrvService;
import io.tidegate.snapshot.SnapshotService;
import io.tidegate.target.iscsi.TargetMetrics;
import io.tidegate.volume.PoolInfo;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;

/** All metrics of the appliance, in Prometheus' text format. Safe for concurrent scrapes. */
public final class Metrics {

    /** Where the figures come from. */
    public record Sources(
            Supplier<TargetMetrics> target,
            CopyCounters copies,
            Supplier<List<PoolInfo>> pools,
            JobService jobs,
            SnapshotService snapshots,
            QrvService qrvs) {}

    private final CollectorRegistry registry = new CollectorRegistry();

    public Metrics(Sources from, String version, String commit, Instant startedAt) {
        DefaultExports.register(registry);
        registry.register(new BuildInfo(version, commit));
        registry.register(new TargetCollector(from.target()));
        registry.register(new CopyCollector(from.copies()));
        registry.register(new PoolCollector(from.pools()));
        registry.register(new JobCollector(from.jobs(), startedAt));
        registry.register(new ProtectionCollector(from.snapshots(), from.qrvs()));
    }

    /** Everything, as of now. */
    public String text() {
        StringWriter text = new StringWriter();
        try {
            TextFormat.write004(text, registry.metricFamilySamples());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static final class BuildInfo extends Collector {
        private final String version;
        private final String commit;

        BuildInfo(String version, String commit) {
            this.version = version;
            this.commit = commit;
        }

        @Override
        public List<MetricFamilySamples> collect() {
            Families f = new Families();
            f.gauge("tidegate_build_info", "This build.", 1, "version", version, "commit", commit);
            return f.samples();
        }
    }
}
