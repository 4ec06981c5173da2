package io.tidegate.appliance.metrics;

import io.prometheus.client.Collector;
import io.tidegate.job.JobInfo;
import io.tidegate.job.JobService;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Jobs running now, and how long the ended ones took. Counts each job that ended since the start
 * once, at the first scrape that sees it.
 */
final class JobCollector extends Collector {

    /** More jobs than this do not end between two scrapes. */
    private static final int LOOK_BACK = 500;

    private static final double[] BOUNDS_SECONDS = {
        0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800, 7200, 43200
    };

    private record Kind(String type, String result) implements Comparable<Kind> {
        @Override
        public int compareTo(Kind other) {
            int byType = type.compareTo(other.type);
            return byType != 0 ? byType : result.compareTo(other.result);
        }
    }

    private static final class Times {
        private final long[] counts = new long[BOUNDS_SECONDS.length + 1];
        private double sum;

        void add(double seconds) {
            int at = Arrays.binarySearch(BOUNDS_SECONDS, seconds);
            counts[at >= 0 ? at : -at - 1]++;
            sum += seconds;
        }
    }

    private final JobService jobs;
    private final Instant since;
    private final Map<Kind, Times> times = new TreeMap<>();
    private Set<Long> counted = new HashSet<>();

    JobCollector(JobService jobs, Instant since) {
        this.jobs = jobs;
        this.since = since;
    }

    @Override
    public synchronized List<MetricFamilySamples> collect() {
        count();
        Families f = new Families();
        jobs.runningByType()
                .forEach(
                        (type, n) -> f.gauge("tidegate_job_running", "Jobs now.", n, "type", type));
        times.forEach(
                (kind, t) ->
                        f.histogram(
                                "tidegate_job_duration_seconds",
                                "Time from start to end of jobs that ended since the start.",
                                BOUNDS_SECONDS,
                                t.counts,
                                t.sum,
                                "type",
                                kind.type,
                                "result",
                                kind.result));
        return f.samples();
    }

    private void count() {
        Set<Long> seen = new HashSet<>();
        for (JobInfo job : jobs.list(false, LOOK_BACK)) {
            if (job.ended().isEmpty() || job.ended().get().isBefore(since)) {
                continue;
            }
            seen.add(job.id().value());
            if (!counted.contains(job.id().value())) {
                String result = job.state().name().toLowerCase(Locale.ROOT);
                Duration took = Duration.between(job.started(), job.ended().get());
                times.computeIfAbsent(new Kind(job.type(), result), k -> new Times())
                        .add(took.toMillis() / 1000.0);
            }
        }
        counted = seen;
    }
}
