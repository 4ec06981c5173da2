package io.tidegate.appliance.metrics;

import io.prometheus.client.Collector;
import io.tidegate.catalog.ServiceException;
import io.tidegate.recovery.QrvInfo;
import io.tidegate.recovery.QrvService;
import io.tidegate.snapshot.SnapshotInfo;
import io.tidegate.snapshot.SnapshotService;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Snapshots and quick recovery volumes: how many, how old, how far behind. */
final class ProtectionCollector extends Collector {

    private static final Logger log = LoggerFactory.getLogger(ProtectionCollector.class);
    private static final double MILLIS = 1000.0;

    private final SnapshotService snapshots;
    private final QrvService qrvs;

    ProtectionCollector(SnapshotService snapshots, QrvService qrvs) {
        this.snapshots = snapshots;
        this.qrvs = qrvs;
    }

    @Override
    public List<MetricFamilySamples> collect() {
        Families f = new Families();
        try {
            snapshots(f);
            qrvs(f);
        } catch (ServiceException e) {
            log.warn("snapshots and QRVs are missing in this scrape", e);
        }
        return f.samples();
    }

    private void snapshots(Families f) throws ServiceException {
        record Key(String volume, String kind) {}
        Map<String, Long> oldest = new TreeMap<>();
        Map<Key, Integer> counts = new java.util.HashMap<>();
        for (SnapshotInfo s : snapshots.list(SnapshotService.Query.ALL)) {
            counts.merge(new Key(s.volumeName(), s.kind()), 1, Integer::sum);
            oldest.merge(s.volumeName(), s.taken().toEpochMilli(), Math::min);
        }
        counts.forEach(
                (key, n) ->
                        f.gauge(
                                "tidegate_snapshot_count",
                                "Snapshots that exist.",
                                n,
                                "volume",
                                key.volume,
                                "kind",
                                key.kind));
        oldest.forEach(
                (volume, millis) ->
                        f.gauge(
                                "tidegate_snapshot_oldest_timestamp_seconds",
                                "When the oldest snapshot was taken.",
                                millis / MILLIS,
                                "volume",
                                volume));
    }

    private void qrvs(Families f) throws ServiceException {
        for (QrvInfo q : qrvs.list(false)) {
            q.lag()
                    .ifPresent(
                            lag ->
                                    f.gauge(
                                            "tidegate_qrv_lag_seconds",
                                            "How far the point is behind; 0 when nothing changed.",
                                            lag.toMillis() / MILLIS,
                                            "qrv",
                                            q.name()));
            q.refreshed()
                    .ifPresent(
                            at ->
                                    f.gauge(
                                            "tidegate_qrv_last_success_timestamp_seconds",
                                            "When the last refresh ended well.",
                                            at.toEpochMilli() / MILLIS,
                                            "qrv",
                                            q.name()));
        }
    }
}
