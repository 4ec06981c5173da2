package io.tidegate.appliance.metrics;

import io.prometheus.client.Collector;
import io.prometheus.client.Collector.MetricFamilySamples;
import io.prometheus.client.Collector.MetricFamilySamples.Sample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Metric families under construction; one object for one scrape. */
final class Families {

    private record Family(Collector.Type type, String help, List<Sample> samples) {}

    private final Map<String, Family> families = new LinkedHashMap<>();

    void gauge(String name, String help, double value, String... labels) {
        add(Collector.Type.GAUGE, name, name, help, value, labels);
    }

    /** The name without {@code _total}, which the text format adds. */
    void counter(String name, String help, double value, String... labels) {
        add(Collector.Type.COUNTER, name, name + "_total", help, value, labels);
    }

    /**
     * A histogram.
     *
     * @param bounds upper bounds, ascending; {@code +Inf} is added
     * @param counts number of values in each, not cumulative; one more than bounds
     */
    void histogram(
            String name,
            String help,
            double[] bounds,
            long[] counts,
            double sum,
            String... labels) {
        long cumulative = 0;
        for (int i = 0; i <= bounds.length; i++) {
            cumulative += counts[i];
            String bound = i < bounds.length ? Collector.doubleToGoString(bounds[i]) : "+Inf";
            String[] all = java.util.Arrays.copyOf(labels, labels.length + 2);
            all[labels.length] = "le";
            all[labels.length + 1] = bound;
            add(Collector.Type.HISTOGRAM, name, name + "_bucket", help, cumulative, all);
        }
        add(Collector.Type.HISTOGRAM, name, name + "_count", help, cumulative, labels);
        add(Collector.Type.HISTOGRAM, name, name + "_sum", help, sum, labels);
    }

    private void add(
            Collector.Type type,
            String family,
            String sample,
            String help,
            double value,
            String... labels) {
        List<String> names = new ArrayList<>();
        List<String> values = new ArrayList<>();
        for (int i = 0; i < labels.length; i += 2) {
            names.add(labels[i]);
            values.add(labels[i + 1]);
        }
        families.computeIfAbsent(family, f -> new Family(type, help, new ArrayList<>()))
                .samples
                .add(new Sample(sample, names, values, value));
    }

    List<MetricFamilySamples> samples() {
        return families.entrySet().stream()
                .map(
                        e ->
                                new MetricFamilySamples(
                                        e.getKey(),
                                        e.getValue().type,
                                        e.getValue().help,
                                        e.getValue().samples))
                .toList();
    }
}
