package io.tidegate.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tidegate.catalog.ServiceException;
import io.tidegate.event.Event;
import io.tidegate.event.Event.Severity;
import io.tidegate.job.JobInfo;
import io.tidegate.job.JobState;
import io.tidegate.upkeep.PoolScrubs;
import io.tidegate.volume.ScrubReport;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PoolScrubsTest {

    @TempDir Path dir;
    private Rig rig;

    @BeforeEach
    void open() {
        rig = new Rig(dir);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private static ScrubReport report(boolean complete, List<String> problems) {
        return new ScrubReport(complete, 7, 8192, 4096, problems);
    }

    @Test
    void tellsWhatItRead() throws Exception {
        AtomicLong rate = new AtomicLong();
        rig.scrubbing =
                control -> {
                    rate.set(control.bytesPerSecond());
                    control.progress(12288, 12288);
                    return report(true, List.of());
                };
        JobInfo job = rig.done(rig.scrubs.start(Rig.ADMIN, "fast", 1 << 20));
        assertThat(rig.jobs.result(job.id(), PoolScrubs.Result.class))
                .isEqualTo(new PoolScrubs.Result("fast", 7, 8192, 4096));
        assertThat(rate).hasValue(1 << 20);
        assertThat(job.bytesTotal()).isEqualTo(12288);
        assertThat(rig.events.newest(10)).isEmpty();
    }

    @Test
    void damageFailsTheJobAndIsNamed() throws Exception {
        List<String> places =
                IntStream.range(0, 120).mapToObj(i -> "segment " + i + ": bad checksum").toList();
        rig.scrubbing = control -> report(true, places);
        JobInfo job = rig.ended(rig.scrubs.start(Rig.ADMIN, "fast", 0));
        assertThat(job.state()).isEqualTo(JobState.FAILED);
        assertThat(job.failure().orElseThrow().message()).isEqualTo("pool fast is damaged");
        assertThat(job.failure().orElseThrow().why()).contains("120 places", "segment 0", "...");
        assertThat(rig.jobs.log(job.id())).hasSize(101);
        assertThat(rig.jobs.log(job.id()).getLast().text()).isEqualTo("20 more places are damaged");
        Event event = rig.events.newest(1).getFirst();
        assertThat(event.severity()).isEqualTo(Severity.ERROR);
        assertThat(event.object()).isEqualTo("pool:fast");
        assertThat(event.message()).contains("segment 4", "...").doesNotContain("segment 5:");
    }

    @Test
    void aCancelEndsItAndOnlyOneRunsOnAPool() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        rig.scrubbing =
                control -> {
                    begun.countDown();
                    await(goOn);
                    return report(!control.cancelled(), List.of());
                };
        JobInfo job = rig.scrubs.start(Rig.ADMIN, "fast", 0);
        begun.await();
        JobInfo second = rig.ended(rig.scrubs.start(Rig.ADMIN, "fast", 0));
        assertThat(second.failure().orElseThrow().code()).isEqualTo("BUSY");
        rig.pools.reopen(Rig.ADMIN, "fast", true); // not in the way of it
        rig.jobs.cancel(Rig.ADMIN, job.id());
        goOn.countDown();
        assertThat(rig.ended(job).state()).isEqualTo(JobState.CANCELLED);
    }

    @Test
    void oneThatWasCutOffBeginsAnew() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        rig.scrubbing =
                control -> {
                    begun.countDown();
                    await(new CountDownLatch(1)); // stays where it stands, as after a kill
                    return report(false, List.of());
                };
        JobInfo job = rig.scrubs.start(Rig.ADMIN, "fast", 0);
        begun.await();
        rig.scrubbing = control -> report(true, List.of());
        rig.crash();
        assertThat(rig.done(job).runs()).isEqualTo(2);
        assertThat(rig.jobs.log(job.id()).getFirst().text()).contains("begins anew");
    }

    @Test
    void oneThatTheStoreEndedEarlyIsNotDone() throws Exception {
        rig.scrubbing = control -> report(false, List.of());
        JobInfo job = rig.ended(rig.scrubs.start(Rig.ADMIN, "fast", 0));
        assertThat(job.state()).isEqualTo(JobState.FAILED);
        assertThat(job.failure().orElseThrow().message()).contains("not scrubbed to its end");
        assertThatExceptionOfType(ServiceException.class)
                .isThrownBy(() -> rig.scrubs.start(Rig.ADMIN, "none", 0));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
