package io.tidegate.shell.command;

import io.tidegate.job.JobId;
import io.tidegate.job.JobInfo;
import io.tidegate.job.JobService;
import io.tidegate.job.JobService.Watch;
import io.tidegate.shell.value.Sizes;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Waits for a job, with a progress line where there is a terminal. Ctrl-C and a lost connection end
 * the waiting, never the job.
 */
public final class JobWait {

    private static final long SLICE_MILLIS = 500;
    private static final int BAR = 18;

    /** Why the waiting ended. */
    public enum End {
        /** The job has ended. */
        ENDED,
        /** The limit was reached; the job goes on. */
        LATE,
        /** The user pressed Ctrl-C, or is gone; the job goes on. */
        DETACHED
    }

    /** How the waiting ended and how the job stood then. */
    public record Waited(End end, JobInfo job) {}

    private final JobService jobs;
    private final Console console;
    private final Object lock = new Object();
    private @Nullable JobInfo latest;

    public JobWait(JobService jobs, Console console) {
        this.jobs = jobs;
        this.console = console;
    }

    /**
     * Waits.
     *
     * @param limit empty waits to the end
     * @param show whether progress is shown
     */
    public Waited await(JobId id, Optional<Duration> limit, boolean show) throws Exception {
        AtomicBoolean interrupted = new AtomicBoolean();
        long deadline = System.nanoTime() + limit.map(Duration::toNanos).orElse(Long.MAX_VALUE / 2);
        try (Console.Registration _ = console.onInterrupt(() -> wake(interrupted));
                Watch _ = jobs.watch(id, this::told)) {
            told(jobs.show(id));
            while (true) {
                JobInfo now = next();
                if (show) {
                    console.progress(line(now));
                }
                if (now.state().ended()) {
                    console.endProgress(false);
                    return new Waited(End.ENDED, now);
                }
                if (interrupted.get() || console.gone()) {
                    console.endProgress(true);
                    return new Waited(End.DETACHED, now);
                }
                if (System.nanoTime() - deadline >= 0) {
                    console.endProgress(true);
                    return new Waited(End.LATE, now);
                }
            }
        }
    }

    private JobInfo next() throws InterruptedException {
        synchronized (lock) {
            JobInfo before = latest;
            if (before != null && !before.state().ended()) {
                lock.wait(SLICE_MILLIS);
            }
            if (latest == null) {
                throw new IllegalStateException("waiting for a job that was never seen");
            }
            return latest;
        }
    }

    private void told(JobInfo job) {
        synchronized (lock) {
            // The end is the last word: what the caller read before may come after it.
            if (latest == null || !latest.state().ended()) {
                latest = job;
            }
            lock.notifyAll();
        }
    }

    private void wake(AtomicBoolean interrupted) {
        synchronized (lock) {
            interrupted.set(true);
            lock.notifyAll();
        }
    }

    /** One line: bar, percent, bytes, rate, time to go. */
    static String line(JobInfo job) {
        StringBuilder text = new StringBuilder("job " + job.id() + "  " + job.type());
        if (!job.phase().isEmpty()) {
            text.append("  ").append(job.phase());
        }
        if (job.bytesTotal() > 0) {
            double part = Math.clamp((double) job.bytesDone() / job.bytesTotal(), 0, 1);
            int full = (int) (part * BAR);
            text.append("  [").append("#".repeat(full)).append("-".repeat(BAR - full)).append(']');
            text.append("  ").append((int) (part * 100)).append('%');
            text.append("  ").append(Sizes.format(job.bytesDone()));
            text.append(" of ").append(Sizes.format(job.bytesTotal()));
        }
        if (job.bytesPerSecond() > 0) {
            text.append("  ").append(Sizes.format(job.bytesPerSecond())).append("/s");
        }
        job.eta().ifPresent(eta -> text.append("  ETA ").append(clock(eta)));
        return text.append("  (Ctrl-C leaves it running)").toString();
    }

    private static String clock(Duration eta) {
        return eta.toHours() > 0
                ? "%d:%02d:%02d".formatted(eta.toHours(), eta.toMinutesPart(), eta.toSecondsPart())
                : "%02d:%02d".formatted(eta.toMinutesPart(), eta.toSecondsPart());
    }
}
