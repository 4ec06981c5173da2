package io.tidegate.job;

import io.tidegate.audit.AuditResult;
import io.tidegate.audit.Request;
import io.tidegate.block.OwnInterrupt;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.CatalogException;
import io.tidegate.catalog.Json;
import io.tidegate.catalog.ServiceException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts, keeps, watches and takes up jobs. Safe for concurrent calls.
 *
 * <p>Every job runs on a platform thread of its own, since bodies touch pool files, and nobody
 * interrupts it: cancelling and shutting down are flags.
 */
public final class JobService implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(JobService.class);
    private static final Duration HISTORY = Duration.ofDays(90);
    private static final long TELL_EVERY_MILLIS = 200;

    /** What becomes of a job of a type that a restart cut off. */
    public enum AfterRestart {
        /** Its body runs again with the last checkpoint. */
        RESUME,
        /** It is marked interrupted. */
        MARK
    }

    /** A running watch. */
    public interface Watch extends AutoCloseable {
        @Override
        void close();
    }

    private record Type(AfterRestart afterRestart, JobBody body) {}

    private final Catalog catalog;
    private final Map<String, Type> types = new ConcurrentHashMap<>();
    private final Map<JobId, RunningJob> running = new ConcurrentHashMap<>();
    private final ScheduledExecutorService teller;
    private volatile boolean closing;

    public JobService(Catalog catalog) {
        this.catalog = catalog;
        this.teller =
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().name("job-teller").daemon().factory());
        teller.scheduleWithFixedDelay(
                this::tellAll, TELL_EVERY_MILLIS, TELL_EVERY_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Teaches the service a type; before {@link #resume}. */
    public void register(String type, AfterRestart afterRestart, JobBody body) {
        if (types.putIfAbsent(type, new Type(afterRestart, body)) != null) {
            throw new IllegalStateException("job type " + type + " is there already");
        }
    }

    /**
     * Takes up what a restart cut off, and forgets old history. Once, when all types are registered
     * and volumes are open.
     *
     * @return how many jobs go on
     */
    public int resume() {
        int resumed = 0;
        for (JobRows.Row row :
                catalog.<List<JobRows.Row>, RuntimeException>read(JobRows::running)) {
            JobInfo info = row.info();
            Type type = types.get(info.type());
            if (running.containsKey(info.id())) {
                continue; // started since
            }
            if (type == null || type.afterRestart() == AfterRestart.MARK) {
                markInterrupted(info.id());
            } else {
                log.info("job {} {} {} is taken up", info.id(), info.type(), info.object());
                write(tx -> JobRows.nextRun(tx.handle(), info.id()));
                launch(taken(reload(info.id()).orElse(row), true), type);
                resumed++;
            }
        }
        write(tx -> JobRows.prune(tx.handle(), tx.now().minus(HISTORY).toEpochMilli()));
        return resumed;
    }

    /**
     * Starts a job of a registered type. A repeat with the same request id returns the first job;
     * if that one has ended without being done, it runs again.
     *
     * @param object name of what it works on, for lists
     * @param parameters a record, kept as JSON, read back by {@link JobContext#parameters}
     * @throws ServiceException the request id was used for something else
     */
    public JobInfo start(Request request, String type, String object, Object parameters)
            throws ServiceException {
        Type known = types.get(type);
        if (known == null) {
            throw new IllegalArgumentException("no job type " + type);
        }
        if (closing) {
            throw ServiceException.busy(
                    "the job was not started",
                    "the appliance shuts down",
                    "repeat after the start");
        }
        String text = Json.text(parameters);
        boolean[] fresh = new boolean[1];
        JobId id =
                catalog.changeOnce(
                        request,
                        object,
                        JobId.class,
                        tx -> {
                            fresh[0] = true;
                            JobId made =
                                    JobRows.insert(
                                            tx.handle(),
                                            request,
                                            type,
                                            object,
                                            text,
                                            tx.nowMillis());
                            tx.note("job", made.value()).note("type", type);
                            return made;
                        });
        if (!fresh[0]) {
            JobState state = show(id).state();
            if (!state.ended() || state == JobState.DONE || !reopen(id)) {
                return show(id);
            }
        }
        RunningJob job = taken(reload(id).orElseThrow(), false);
        launch(job, known);
        return job.info();
    }

    /**
     * The job that a request with this id was answered with, if it runs or is done: for those who
     * check an order before they start it, since a repeat would not pass the check.
     *
     * @throws ServiceException the request id was used for something else
     */
    public Optional<JobInfo> first(Request request) throws ServiceException {
        Optional<JobId> id = catalog.firstResult(request, JobId.class);
        if (id.isEmpty()) {
            return Optional.empty();
        }
        JobInfo job = show(id.get());
        boolean again = job.state().ended() && job.state() != JobState.DONE;
        return again ? Optional.empty() : Optional.of(job);
    }

    /** Whether an ended job that was not done is running again by this call. */
    private boolean reopen(JobId id) {
        return catalog.<Boolean, RuntimeException>housekeeping(
                tx -> JobRows.reopen(tx.handle(), id));
    }

    private RunningJob taken(JobRows.Row row, boolean restarted) {
        return new RunningJob(catalog, row, restarted, () -> closing);
    }

    /** Jobs, newest first. */
    public List<JobInfo> list(boolean activeOnly, int limit) {
        List<JobInfo> rows =
                catalog.<List<JobInfo>, RuntimeException>read(
                        handle -> JobRows.list(handle, activeOnly, limit));
        return rows.stream().map(this::live).toList();
    }

    /**
     * @throws ServiceException there is no such job
     */
    public JobInfo show(JobId id) throws ServiceException {
        RunningJob live = running.get(id);
        if (live != null) {
            return live.info();
        }
        return reload(id)
                .map(JobRows.Row::info)
                .orElseThrow(() -> ServiceException.notFound("job", id.toString()));
    }

    /** The result of a job that is done. */
    public <T> T result(JobId id, Class<T> type) throws ServiceException {
        JobInfo info = show(id);
        return Json.value(
                info.result()
                        .orElseThrow(
                                () ->
                                        ServiceException.conflict(
                                                "job " + id + " has no result",
                                                "it is " + info.state(),
                                                "job show " + id)),
                type);
    }

    /** Waits until the job has ended or the time is over; returns how it stands then. */
    public JobInfo await(JobId id, Duration limit) throws ServiceException, InterruptedException {
        RunningJob live = running.get(id);
        if (live != null) {
            boolean over = live.ended().await(limit.toMillis(), TimeUnit.MILLISECONDS);
            log.debug("waited for job {}: ended {}", id, over);
        }
        return show(id);
    }

    /**
     * Has the listener told of progress some times a second, and of the end by the last call. Calls
     * come on one thread of the service and must not block long.
     *
     * @return ends the watching
     * @throws ServiceException there is no such job
     */
    public Watch watch(JobId id, Consumer<JobInfo> listener) throws ServiceException {
        RunningJob live = running.get(id);
        if (live == null) {
            JobInfo over = show(id);
            teller.execute(() -> listener.accept(over));
            return () -> {};
        }
        live.listeners().add(listener);
        if (live.ended().getCount() == 0 && live.listeners().remove(listener)) {
            JobInfo over = show(id); // it ended meanwhile and did not tell this listener
            teller.execute(() -> listener.accept(over));
        }
        return () -> live.listeners().remove(listener);
    }

    public List<JobLine> log(JobId id) throws ServiceException {
        show(id);
        return catalog.<List<JobLine>, RuntimeException>read(handle -> JobRows.lines(handle, id));
    }

    /**
     * Sets the flag that the job looks at; it ends when it has cleaned up. A job that has ended is
     * left alone.
     */
    public void cancel(Request request, JobId id) throws ServiceException {
        JobInfo info = show(id);
        if (info.state().ended()) {
            return;
        }
        catalog.<Object, RuntimeException>change(
                request,
                "job:" + id,
                tx -> {
                    JobRows.requestCancel(tx.handle(), id);
                    return id;
                });
        RunningJob live = running.get(id);
        if (live != null) {
            live.cancel();
        }
    }

    /** Starts an ended job that was not done again, as a new one, with the same parameters. */
    public JobInfo retry(Request request, JobId id) throws ServiceException {
        JobRows.Row row =
                reload(id).orElseThrow(() -> ServiceException.notFound("job", id.toString()));
        JobState state = row.info().state();
        if (!state.ended() || state == JobState.DONE) {
            throw ServiceException.conflict(
                    "job " + id + " is not started again",
                    state == JobState.DONE ? "it is done" : "it is still running",
                    "job show " + id);
        }
        return start(request, row.info().type(), row.info().object(), Json.tree(row.parameters()));
    }

    /** Running jobs by type, for metrics; each type has a row, so that a series never pauses. */
    public Map<String, Integer> runningByType() {
        Map<String, Integer> counts = new HashMap<>();
        types.keySet().forEach(type -> counts.put(type, 0));
        running.values().forEach(job -> counts.merge(job.row().info().type(), 1, Integer::sum));
        return counts;
    }

    /** Asks the running jobs to stop where they can go on later, and waits for them. */
    @Override
    public void close() {
        closing = true;
        for (RunningJob job : List.copyOf(running.values())) {
            awaitQuietly(job);
        }
        teller.shutdown();
    }

    private static void awaitQuietly(RunningJob job) {
        boolean interrupted = false;
        while (true) {
            try {
                job.ended().await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            OwnInterrupt.keep();
        }
    }

    private void launch(RunningJob job, Type type) {
        running.put(job.id(), job);
        Thread.ofPlatform().name("job-" + job.id()).daemon().start(() -> run(job, type));
    }

    private void run(RunningJob job, Type type) {
        try {
            JobResult result = type.body().run(job);
            end(job, JobState.DONE, Json.text(result.value()), null, result.exit());
        } catch (JobStoppedException e) {
            log.info("job {} stops and goes on after the restart", job.id());
            leave(job);
        } catch (JobCancelledException e) {
            end(job, JobState.CANCELLED, null, Failures.cancelled(job.id()), Failures.CANCELLED);
        } catch (Exception e) {
            JobInfo.Failure failure = Failures.of(job.id(), e);
            log.warn("job {} failed: {} ({})", job.id(), failure.message(), failure.why(), e);
            end(job, JobState.FAILED, null, failure, failure.exit());
        } catch (Error e) {
            log.error("job {} ended by an error of the machine", job.id(), e);
            leave(job);
            throw e;
        }
    }

    private void end(
            RunningJob job,
            JobState state,
            @Nullable String result,
            JobInfo.@Nullable Failure failure,
            int exit) {
        try {
            write(
                    tx ->
                            JobRows.end(
                                    tx.handle(),
                                    job.id(),
                                    state,
                                    result,
                                    failure,
                                    exit,
                                    job.bytesDone(),
                                    job.bytesTotal(),
                                    tx.nowMillis()));
            if (failure != null) {
                catalog.record(
                        job.request(),
                        "job:" + job.id(),
                        AuditResult.FAILED,
                        failure.code() + ": " + failure.message());
            }
        } catch (CatalogException e) {
            // its row still says running: the next start takes it up, and its steps are idempotent
            log.error("the end of job {} ({}) could not be kept", job.id(), state, e);
        }
        leave(job);
    }

    private void leave(RunningJob job) {
        running.remove(job.id());
        job.ended().countDown();
        reload(job.id()).ifPresent(row -> tellEnd(job, row.info()));
    }

    private void tellEnd(RunningJob job, JobInfo info) {
        for (Consumer<JobInfo> listener : job.listeners()) {
            if (job.listeners().remove(listener)) {
                teller.execute(() -> tell(listener, info));
            }
        }
    }

    private void tellAll() {
        for (RunningJob job : running.values()) {
            if (!job.listeners().isEmpty()) {
                JobInfo info = job.info();
                job.listeners().forEach(listener -> tell(listener, info));
            }
        }
    }

    private static void tell(Consumer<JobInfo> listener, JobInfo info) {
        try {
            listener.accept(info);
        } catch (RuntimeException e) {
            log.error("a watcher of job {} failed", info.id(), e);
        }
    }

    private void markInterrupted(JobId id) {
        log.warn("job {} was cut off by a restart and is not taken up", id);
        write(
                tx ->
                        JobRows.end(
                                tx.handle(),
                                id,
                                JobState.INTERRUPTED,
                                null,
                                Failures.interrupted(id),
                                1,
                                0,
                                0,
                                tx.nowMillis()));
    }

    private JobInfo live(JobInfo row) {
        RunningJob job = running.get(row.id());
        return job == null ? row : job.info();
    }

    private Optional<JobRows.Row> reload(JobId id) {
        return catalog.<Optional<JobRows.Row>, RuntimeException>read(
                handle -> JobRows.find(handle, id));
    }

    private void write(Consumer<io.tidegate.catalog.Tx> change) {
        catalog.<Object, RuntimeException>housekeeping(
                tx -> {
                    change.accept(tx);
                    return tx;
                });
    }
}
