package io.tidegate.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidegate.audit.Request;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.ServiceException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobServiceTest {

    private static final Request ADMIN = Request.system("test");

    /** Parameters and checkpoint of the test's jobs. */
    record Count(int to) {}

    @TempDir Path dir;
    private Catalog catalog;
    private JobService jobs;

    @BeforeEach
    void open() {
        catalog = Catalog.open(dir.resolve("catalog.db"), Clock.systemUTC());
        jobs = new JobService(catalog);
    }

    @AfterEach
    void close() {
        jobs.close();
        catalog.close();
    }

    private JobInfo ended(JobInfo job) throws Exception {
        JobInfo now = jobs.await(job.id(), Duration.ofMinutes(1));
        assertThat(now.state().ended()).isTrue();
        return now;
    }

    @Test
    void keepsResultPhaseAndLines() throws Exception {
        jobs.register(
                "count",
                JobService.AfterRestart.MARK,
                job -> {
                    job.phase("counting");
                    job.progress(5, 10);
                    job.log("half");
                    return JobResult.done(new Count(job.parameters(Count.class).to() + 1));
                });
        JobInfo job = ended(jobs.start(ADMIN, "count", "thing", new Count(41)));
        assertThat(job.state()).isEqualTo(JobState.DONE);
        assertThat(job.exit()).isZero();
        assertThat(job.phase()).isEqualTo("counting");
        assertThat(jobs.result(job.id(), Count.class)).isEqualTo(new Count(42));
        assertThat(jobs.log(job.id())).extracting(JobLine::text).containsExactly("half");
        assertThat(jobs.list(true, 10)).isEmpty();
        assertThat(jobs.list(false, 10)).hasSize(1);
    }

    @Test
    void tellsWhyItFailedWithAWayOut() throws Exception {
        jobs.register(
                "refused",
                JobService.AfterRestart.MARK,
                job -> {
                    throw ServiceException.busy("not done", "in use", "wait");
                });
        jobs.register(
                "bug",
                JobService.AfterRestart.MARK,
                job -> {
                    throw new IllegalStateException("oops");
                });
        JobInfo refused = ended(jobs.start(ADMIN, "refused", "x", new Count(0)));
        assertThat(refused.exit()).isEqualTo(4);
        assertThat(refused.failure().orElseThrow().fix()).containsExactly("wait");
        JobInfo bug = ended(jobs.start(ADMIN, "bug", "x", new Count(0)));
        assertThat(bug.exit()).isEqualTo(70);
        assertThat(bug.failure().orElseThrow().fix()).isNotEmpty();
    }

    @Test
    void cancelIsAFlagAndNoInterrupt() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        AtomicReference<Boolean> interrupted = new AtomicReference<>();
        jobs.register(
                "long",
                JobService.AfterRestart.MARK,
                job -> {
                    running.countDown();
                    try {
                        while (true) {
                            job.check();
                            Thread.onSpinWait();
                        }
                    } finally {
                        interrupted.set(Thread.currentThread().isInterrupted());
                    }
                });
        JobInfo job = jobs.start(ADMIN, "long", "x", new Count(0));
        running.await();
        assertThat(jobs.runningByType()).containsEntry("long", 1);
        assertThat(jobs.await(job.id(), Duration.ofMillis(1)).exit()).isEqualTo(8);
        jobs.cancel(ADMIN, job.id());
        assertThat(ended(job).state()).isEqualTo(JobState.CANCELLED);
        assertThat(interrupted.get()).isFalse();
        assertThat(jobs.runningByType()).containsEntry("long", 0);
    }

    @Test
    void goesOnFromItsCheckpointAfterARestart() throws Exception {
        AtomicInteger steps = new AtomicInteger();
        CountDownLatch half = new CountDownLatch(1);
        JobBody body =
                job -> {
                    int from = job.checkpoint(Count.class).map(Count::to).orElse(0);
                    for (int i = from; i < 10; i++) {
                        steps.incrementAndGet();
                        job.checkpoint(new Count(i + 1));
                        if (i == 4 && !job.restarted()) {
                            half.countDown();
                            while (true) {
                                job.check();
                                Thread.onSpinWait();
                            }
                        }
                    }
                    return JobResult.done(new Count(steps.get()));
                };
        jobs.register("steps", JobService.AfterRestart.RESUME, body);
        JobInfo job = jobs.start(ADMIN, "steps", "x", new Count(10));
        half.await();
        jobs.close();
        assertThat(jobs.show(job.id()).state()).isEqualTo(JobState.RUNNING);
        jobs = new JobService(catalog);
        jobs.register("steps", JobService.AfterRestart.RESUME, body);
        assertThat(jobs.resume()).isEqualTo(1);
        JobInfo done = ended(jobs.show(job.id()));
        assertThat(done.state()).isEqualTo(JobState.DONE);
        assertThat(done.runs()).isEqualTo(2);
        assertThat(steps.get()).isEqualTo(10);
    }

    @Test
    void oneThatCannotGoOnIsMarkedAndRetriedByHand() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        JobBody body =
                job -> {
                    running.countDown();
                    while (job.parameters(Count.class).to() == 1 && !job.restarted()) {
                        job.check();
                        Thread.onSpinWait();
                    }
                    return JobResult.done(new Count(1));
                };
        jobs.register("once", JobService.AfterRestart.MARK, body);
        JobInfo job = jobs.start(ADMIN, "once", "x", new Count(1));
        running.await();
        jobs.close();
        jobs = new JobService(catalog);
        jobs.register("once", JobService.AfterRestart.MARK, job2 -> JobResult.done(new Count(2)));
        assertThat(jobs.resume()).isZero();
        assertThat(jobs.show(job.id()).state()).isEqualTo(JobState.INTERRUPTED);
        assertThat(jobs.show(job.id()).failure().orElseThrow().fix())
                .contains("job retry " + job.id());
        JobInfo again = ended(jobs.retry(ADMIN, job.id()));
        assertThat(again.state()).isEqualTo(JobState.DONE);
        assertThatThrownBy(() -> jobs.retry(ADMIN, again.id()))
                .isInstanceOf(ServiceException.class);
    }

    @Test
    void repeatOfARequestFindsTheFirstJob() throws Exception {
        AtomicInteger runs = new AtomicInteger();
        jobs.register(
                "count",
                JobService.AfterRestart.MARK,
                job -> JobResult.done(new Count(runs.incrementAndGet())));
        Request request =
                new Request(
                        "admin",
                        "127.0.0.1:1",
                        "key",
                        "count",
                        Optional.empty(),
                        Optional.of("r1"));
        JobInfo first = ended(jobs.start(request, "count", "x", new Count(0)));
        JobInfo second = jobs.start(request, "count", "x", new Count(0));
        assertThat(second.id()).isEqualTo(first.id());
        assertThat(second.state()).isEqualTo(JobState.DONE);
        assertThat(runs.get()).isEqualTo(1);
    }

    @Test
    void watchersHearTheEndExactlyOnceAndLast() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        jobs.register(
                "wait",
                JobService.AfterRestart.MARK,
                job -> {
                    job.progress(1, 2);
                    go.await();
                    return JobResult.done(new Count(1));
                });
        JobInfo job = jobs.start(ADMIN, "wait", "x", new Count(0));
        List<JobState> heard = new CopyOnWriteArrayList<>();
        CountDownLatch progress = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        try (JobService.Watch watch =
                jobs.watch(
                        job.id(),
                        info -> {
                            heard.add(info.state());
                            progress.countDown();
                            if (info.state().ended()) {
                                end.countDown();
                            }
                        })) {
            assertThat(progress.await(1, TimeUnit.MINUTES)).isTrue();
            go.countDown();
            assertThat(end.await(1, TimeUnit.MINUTES)).isTrue();
            assertThat(watch).isNotNull();
        }
        assertThat(heard.getLast()).isEqualTo(JobState.DONE);
        assertThat(heard.stream().filter(JobState::ended)).hasSize(1);
        CountDownLatch late = new CountDownLatch(1);
        jobs.watch(job.id(), info -> late.countDown());
        assertThat(late.await(1, TimeUnit.MINUTES)).isTrue();
    }
}
