package io.tidegate.copy.manager;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * What third-party copy has done since the start, for each logical unit by its name. This is how
 * one sees that a host's copy was really offloaded: hosts fall back in silence.
 */
public final class CopyCounters {

    /** What is counted. */
    public enum Measure {
        /** Commands by opcode and service action, such as {@code 83/00}, at the receiving unit. */
        COMMANDS,
        /** Segments by result ({@code done}, {@code failed}), at the destination. */
        SEGMENTS,
        /**
         * Bytes that third-party copy took from the source, by engine: {@code share} for those by
         * reference, {@code pipeline} for those that were read.
         */
        BYTES_READ,
        /**
         * Bytes that are as ordered at the destination, by engine: {@code share}, {@code pipeline}
         * for those that were written, {@code discard} for holes and zeroes.
         */
        BYTES_WRITTEN
    }

    /**
     * One counter.
     *
     * @param unit name of the logical unit at the time of counting
     * @param label what kind, see {@link Measure}
     */
    public record Sample(Measure measure, String unit, String label, long value) {}

    private record Key(Measure measure, String unit, String label) {}

    private final ConcurrentMap<Key, LongAdder> counters = new ConcurrentHashMap<>();

    void add(Measure measure, String unit, String label, long amount) {
        counters.computeIfAbsent(new Key(measure, unit, label), k -> new LongAdder()).add(amount);
    }

    /** All counters, in no order. */
    public List<Sample> samples() {
        return counters.entrySet().stream()
                .map(e -> sample(e.getKey(), e.getValue().sum()))
                .toList();
    }

    /** One counter; 0 when nothing of the kind has happened. */
    public long value(Measure measure, String unit, String label) {
        LongAdder counter = counters.get(new Key(measure, unit, label));
        return counter == null ? 0 : counter.sum();
    }

    /** One measure of a unit, over all labels. */
    public long total(Measure measure, String unit) {
        return counters.entrySet().stream()
                .filter(e -> e.getKey().measure == measure && e.getKey().unit.equals(unit))
                .mapToLong(e -> e.getValue().sum())
                .sum();
    }

    private static Sample sample(Key key, long value) {
        return new Sample(key.measure, key.unit, key.label, value);
    }
}
