package io.tidegate.appliance.metrics;

import io.prometheus.client.Collector;
import io.tidegate.target.iscsi.TargetMetrics;
import io.tidegate.target.iscsi.TargetMetrics.Operations;
import java.util.List;
import java.util.function.Supplier;

/** Sessions, and the commands of each logical unit. */
final class TargetCollector extends Collector {

    private static final double MICROS = 1e6;
    private static final double NANOS = 1e9;

    private final Supplier<TargetMetrics> target;

    TargetCollector(Supplier<TargetMetrics> target) {
        this.target = target;
    }

    @Override
    public List<MetricFamilySamples> collect() {
        TargetMetrics now = target.get();
        Families f = new Families();
        f.gauge("tidegate_iscsi_sessions", "Sessions of hosts.", now.sessions());
        f.gauge(
                "tidegate_iscsi_discovery_sessions",
                "Discovery sessions.",
                now.discoverySessions());
        f.gauge("tidegate_iscsi_connections", "iSCSI connections.", now.connections());
        f.counter("tidegate_iscsi_logins", "Successful logins.", now.logins());
        now.loginFailures()
                .forEach(
                        (reason, count) ->
                                f.counter(
                                        "tidegate_iscsi_login_failures",
                                        "Failed logins.",
                                        count,
                                        "reason",
                                        reason));
        f.counter(
                "tidegate_iscsi_protocol_errors",
                "Connections dropped for what they sent.",
                now.protocolErrors());
        f.counter("tidegate_iscsi_rejects", "Reject PDUs sent.", now.rejects());
        f.counter("tidegate_iscsi_received_bytes", "Bytes of PDUs taken.", now.bytesReceived());
        f.counter("tidegate_iscsi_sent_bytes", "Bytes of PDUs given out.", now.bytesSent());
        for (TargetMetrics.Unit unit : now.units()) {
            f.counter(
                    "tidegate_volume_read_bytes",
                    "Bytes that hosts read.",
                    unit.reads().bytes(),
                    "volume",
                    unit.name());
            f.counter(
                    "tidegate_volume_write_bytes",
                    "Bytes that hosts wrote.",
                    unit.writes().bytes(),
                    "volume",
                    unit.name());
            operations(f, unit.name(), "read", unit.reads());
            operations(f, unit.name(), "write", unit.writes());
            operations(f, unit.name(), "other", unit.others());
        }
        return f.samples();
    }

    private static void operations(Families f, String volume, String op, Operations ops) {
        f.counter(
                "tidegate_volume_ops",
                "Commands answered.",
                ops.count(),
                "volume",
                volume,
                "op",
                op);
        f.counter(
                "tidegate_volume_op_errors",
                "Commands that did not end in GOOD.",
                ops.errors(),
                "volume",
                volume,
                "op",
                op);
        int last = ops.buckets().size() - 1;
        double[] bounds = new double[last];
        long[] counts = new long[last + 1];
        for (int i = 0; i <= last; i++) {
            counts[i] = ops.buckets().get(i);
            if (i < last) {
                bounds[i] = (1L << i) / MICROS;
            }
        }
        f.histogram(
                "tidegate_volume_op_duration_seconds",
                "Time from the receipt of a command to its answer.",
                bounds,
                counts,
                ops.totalNanos() / NANOS,
                "volume",
                volume,
                "op",
                op);
    }
}
