package io.tidegate.job;

import io.tidegate.audit.Request;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.Json;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A job on its thread: what it told of itself, and who watches. */
final class RunningJob implements JobContext {

    private static final Logger logger = LoggerFactory.getLogger(RunningJob.class);

    /** How far the present phase is; replaced as a whole, so that readers see one moment. */
    private record Progress(String phase, long startedNanos, long done, long total) {}

    private final Catalog catalog;
    private final JobRows.Row row;
    private final BooleanSupplier closing;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final List<Consumer<JobInfo>> listeners = new CopyOnWriteArrayList<>();

    private volatile Progress progress = new Progress("", System.nanoTime(), 0, 0);
    private volatile @Nullable String checkpoint;
    private volatile boolean cancelled;

    private final boolean restarted;
    private final Request request;

    RunningJob(Catalog catalog, JobRows.Row row, boolean restarted, BooleanSupplier closing) {
        this.catalog = catalog;
        this.row = row;
        this.restarted = restarted;
        this.request = row.request().withoutId();
        this.closing = closing;
        this.checkpoint = row.info().checkpoint().orElse(null);
        this.cancelled = row.info().cancelRequested();
    }

    JobRows.Row row() {
        return row;
    }

    List<Consumer<JobInfo>> listeners() {
        return listeners;
    }

    CountDownLatch ended() {
        return ended;
    }

    void cancel() {
        cancelled = true;
    }

    boolean cancelled() {
        return cancelled;
    }

    long bytesDone() {
        return progress.done();
    }

    long bytesTotal() {
        return progress.total();
    }

    @Override
    public JobId id() {
        return row.info().id();
    }

    @Override
    public Request request() {
        return request;
    }

    @Override
    public boolean restarted() {
        return restarted;
    }

    @Override
    public <T> T parameters(Class<T> type) {
        return Json.value(row.parameters(), type);
    }

    @Override
    public <T> Optional<T> checkpoint(Class<T> type) {
        String kept = checkpoint;
        return kept == null ? Optional.empty() : Optional.of(Json.value(kept, type));
    }

    @Override
    public boolean stopping() {
        return cancelled || closing.getAsBoolean();
    }

    @Override
    public void check() throws JobCancelledException, JobStoppedException {
        if (cancelled) {
            throw new JobCancelledException();
        }
        if (closing.getAsBoolean()) {
            throw new JobStoppedException();
        }
    }

    @Override
    public void phase(String name) {
        logger.info("job {} {} {}: {}", id(), row.info().type(), row.info().object(), name);
        progress = new Progress(name, System.nanoTime(), 0, 0);
        catalog.<Object, RuntimeException>housekeeping(
                tx -> {
                    JobRows.phase(tx.handle(), id(), name);
                    return this;
                });
    }

    @Override
    public void progress(long done, long total) {
        Progress last = progress;
        progress = new Progress(last.phase(), last.startedNanos(), done, total);
    }

    @Override
    public void checkpoint(Object value) {
        String text = Json.text(value);
        Progress now = progress;
        catalog.<Object, RuntimeException>housekeeping(
                tx -> {
                    JobRows.checkpoint(tx.handle(), id(), text, now.done(), now.total());
                    return this;
                });
        checkpoint = text;
    }

    @Override
    public void log(String text) {
        logger.info("job {}: {}", id(), text);
        catalog.<Object, RuntimeException>housekeeping(
                tx -> {
                    JobRows.line(tx.handle(), id(), text, tx.nowMillis());
                    return this;
                });
    }

    /** The job at this moment, from memory. */
    JobInfo info() {
        Progress now = progress;
        JobInfo base = row.info();
        double seconds = (System.nanoTime() - now.startedNanos()) / 1e9;
        long rate = now.done() > 0 && seconds > 0 ? (long) (now.done() / seconds) : 0;
        Optional<Duration> eta =
                rate > 0 && now.total() >= now.done()
                        ? Optional.of(Duration.ofSeconds((now.total() - now.done()) / rate))
                        : Optional.empty();
        return new JobInfo(
                base.id(),
                base.type(),
                base.object(),
                base.user(),
                JobState.RUNNING,
                now.phase(),
                now.done(),
                now.total(),
                rate,
                eta,
                base.started(),
                Optional.empty(),
                cancelled,
                Optional.ofNullable(checkpoint),
                Optional.empty(),
                Optional.empty(),
                0,
                base.runs());
    }
}
