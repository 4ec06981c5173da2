package io.tidegate.appliance.metrics;

import io.prometheus.client.Collector;
import io.tidegate.target.iscsi.TargetMetrics;
import io.tidegate.target.iscsi.TargetMetrics.Operations;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Sessions, and the commands of each logical unit and of each session. Hosts choose their names and
 * how often they log in, so what bears their names is limited: at most {@link #MAX_INITIATORS}
 * initiators and {@link #MAX_SESSIONS} sessions, the oldest first; the rest is told as a sum.
 */
final class TargetCollector extends Collector {

    /** Initiators with a series of their own. */
    static final int MAX_INITIATORS = 64;

    /** Sessions with series of their own. */
    static final int MAX_SESSIONS = 64;

    /** The label of all initiators beyond the limit. */
    static final String OTHERS = "others";

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
        connections(f, now);
        load(f, now.load());
        initiators(f, now.sessions());
        for (TargetMetrics.Unit unit : now.units()) {
            Operation of = new Operation(f, "tidegate_volume", "volume", unit.name());
            of.bytes("tidegate_volume_read_bytes", "Bytes that hosts read.", unit.reads());
            of.bytes("tidegate_volume_write_bytes", "Bytes that hosts wrote.", unit.writes());
            of.tell("read", unit.reads(), 1);
            of.tell("write", unit.writes(), 1);
            of.tell("other", unit.others(), 1);
        }
        sessions(f, now.sessions());
        return f.samples();
    }

    private static void connections(Families f, TargetMetrics now) {
        f.gauge("tidegate_iscsi_sessions", "Sessions of hosts.", now.sessions().size());
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
        f.counter(
                "tidegate_iscsi_keepalive_drops",
                "Connections dropped for their silence.",
                now.keepAliveDrops());
        f.counter("tidegate_iscsi_received_bytes", "Bytes of PDUs taken.", now.bytesReceived());
        f.counter("tidegate_iscsi_sent_bytes", "Bytes of PDUs given out.", now.bytesSent());
    }

    private static void load(Families f, TargetMetrics.Load load) {
        f.gauge(
                "tidegate_iscsi_silent_loops",
                "Event loops that did not answer the scrape in time.",
                load.silentLoops());
        buffer(f, "read", load.readBufferBytes(), load.readBufferLimitBytes());
        buffer(f, "write", load.writeBufferBytes(), load.writeBufferLimitBytes());
        f.gauge(
                "tidegate_iscsi_window_commands",
                "Commands that all sessions may have outstanding.",
                load.windowCommands());
        f.gauge(
                "tidegate_iscsi_outstanding_commands",
                "Commands begun and not answered.",
                load.outstandingCommands());
    }

    private static void buffer(Families f, String direction, long used, long limit) {
        f.gauge(
                "tidegate_iscsi_buffer_bytes",
                "Buffers held for commands under way.",
                used,
                "direction",
                direction);
        f.gauge(
                "tidegate_iscsi_buffer_limit_bytes",
                "Buffers that may be held.",
                limit,
                "direction",
                direction);
    }

    private static void initiators(Families f, List<TargetMetrics.Session> sessions) {
        Map<String, Integer> counts = new TreeMap<>();
        int others = 0;
        for (TargetMetrics.Session session : sessions) {
            if (counts.containsKey(session.initiator()) || counts.size() < MAX_INITIATORS) {
                counts.merge(session.initiator(), 1, Integer::sum);
            } else {
                others++;
            }
        }
        counts.put(OTHERS, others);
        counts.forEach(
                (initiator, n) ->
                        f.gauge(
                                "tidegate_iscsi_initiator_sessions",
                                "Sessions by initiator.",
                                n,
                                "initiator",
                                initiator));
    }

    private static void sessions(Families f, List<TargetMetrics.Session> sessions) {
        int told = Math.min(MAX_SESSIONS, sessions.size());
        f.gauge(
                "tidegate_iscsi_sessions_untold",
                "Sessions beyond the limit, which have no series of their own.",
                sessions.size() - told);
        for (TargetMetrics.Session s : sessions.subList(0, told)) {
            Operation of =
                    new Operation(
                            f,
                            "tidegate_iscsi_session",
                            "session",
                            "iscsi-" + s.id(),
                            "initiator",
                            s.initiator());
            of.bytes("tidegate_iscsi_session_read_bytes", "Bytes read by session.", s.reads());
            of.bytes("tidegate_iscsi_session_write_bytes", "Bytes written by session.", s.writes());
            of.tell("read", s.reads(), 2);
            of.tell("write", s.writes(), 2);
            of.tell("other", s.others(), 2);
        }
    }

    /** Families of operations of one object, which its labels name. */
    private static final class Operation {
        private final Families f;
        private final String prefix;
        private final String[] labels;

        Operation(Families f, String prefix, String... labels) {
            this.f = f;
            this.prefix = prefix;
            this.labels = labels;
        }

        void bytes(String name, String help, Operations ops) {
            f.counter(name, help, ops.bytes(), labels);
        }

        /**
         * @param powers of two between two bounds of the histogram: 1 for the finest
         */
        void tell(String op, Operations ops, int powers) {
            String[] all = java.util.Arrays.copyOf(labels, labels.length + 2);
            all[labels.length] = "op";
            all[labels.length + 1] = op;
            f.counter(prefix + "_ops", "Commands answered.", ops.count(), all);
            f.counter(
                    prefix + "_op_errors", "Commands that did not end in GOOD.", ops.errors(), all);
            int last = ops.buckets().size() - 1;
            int bounds = last / powers;
            double[] seconds = new double[bounds];
            long[] counts = new long[bounds + 1];
            for (int i = 0; i < bounds; i++) {
                seconds[i] = (1L << powers * (i + 1) - 1) / MICROS;
            }
            for (int i = 0; i <= last; i++) {
                counts[Math.min(bounds, i / powers)] += ops.buckets().get(i);
            }
            f.histogram(
                    prefix + "_op_duration_seconds",
                    "Time from the receipt of a command to its answer.",
                    seconds,
                    counts,
                    ops.totalNanos() / NANOS,
                    all);
        }
    }
}
