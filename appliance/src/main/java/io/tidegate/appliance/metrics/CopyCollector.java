package io.tidegate.appliance.metrics;

import io.prometheus.client.Collector;
import io.tidegate.copy.manager.CopyCounters;
import java.util.List;

/** What third-party copy has done, for each volume. */
final class CopyCollector extends Collector {

    private final CopyCounters counters;

    CopyCollector(CopyCounters counters) {
        this.counters = counters;
    }

    @Override
    public List<MetricFamilySamples> collect() {
        Families f = new Families();
        for (CopyCounters.Sample s : counters.samples()) {
            switch (s.measure()) {
                case COMMANDS ->
                        f.counter(
                                "tidegate_copy_commands",
                                "Third-party copy commands by opcode and service action.",
                                s.value(),
                                "volume",
                                s.unit(),
                                "action",
                                s.label());
                case SEGMENTS ->
                        f.counter(
                                "tidegate_copy_segments",
                                "Segments of third-party copies, at the destination.",
                                s.value(),
                                "volume",
                                s.unit(),
                                "result",
                                s.label());
                case BYTES_READ -> bytes(f, s, "read");
                case BYTES_WRITTEN -> bytes(f, s, "write");
            }
        }
        return f.samples();
    }

    private static void bytes(Families f, CopyCounters.Sample s, String direction) {
        f.counter(
                "tidegate_copy_bytes",
                "Bytes moved by third-party copies, which no host has carried.",
                s.value(),
                "volume",
                s.unit(),
                "engine",
                s.label(),
                "direction",
                direction);
    }
}
