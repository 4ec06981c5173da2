package io.tidegate.upkeep;

import io.tidegate.audit.Request;
import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.ServiceException.Code;
import io.tidegate.event.Event.Severity;
import io.tidegate.event.EventLog;
import io.tidegate.job.JobContext;
import io.tidegate.job.JobInfo;
import io.tidegate.job.JobResult;
import io.tidegate.job.JobService;
import io.tidegate.volume.PoolRecord;
import io.tidegate.volume.PoolService;
import io.tidegate.volume.ScrubControl;
import io.tidegate.volume.ScrubReport;
import java.util.List;

/**
 * Scrubs pools as jobs of type {@code pool-scrub}. One that a restart cuts off begins anew: what it
 * had read may have changed on the disk since.
 */
public final class PoolScrubs {

    static final String TYPE = "pool-scrub";

    /** So many places of damage are named in a job's log and in events; the rest is counted. */
    static final int PLACES = 100;

    private static final int PLACES_IN_EVENT = 5;

    /** Parameters of the job; the rate in bytes a second, 0 for none. */
    record Order(String pool, long bytesPerSecond) {}

    /**
     * What a scrub that found no damage has read.
     *
     * @param uncheckedBytes data that no checksum vouches for: neither good nor bad
     */
    public record Result(String pool, long metadataPages, long goodBytes, long uncheckedBytes) {}

    private final PoolService pools;
    private final JobService jobs;
    private final EventLog events;

    /** Registers its job type with the job service. */
    public PoolScrubs(PoolService pools, JobService jobs, EventLog events) {
        this.pools = pools;
        this.jobs = jobs;
        this.events = events;
        jobs.register(TYPE, JobService.AfterRestart.RESUME, this::run);
    }

    /**
     * Starts a job whose result is a {@link Result}; it fails when there is damage, and its log
     * names the places.
     *
     * @param bytesPerSecond the most that it reads in a second, 0 for no limit
     * @throws ServiceException there is no such pool, or it is not open
     */
    public JobInfo start(Request request, String pool, long bytesPerSecond)
            throws ServiceException {
        PoolRecord found = pools.find(pool);
        pools.store(found.id());
        return jobs.start(
                request, TYPE, "pool:" + found.name(), new Order(found.name(), bytesPerSecond));
    }

    private JobResult run(JobContext job) throws Exception {
        Order order = job.parameters(Order.class);
        PoolRecord pool = pools.find(order.pool());
        if (job.restarted()) {
            job.log("cut off by a restart: it begins anew");
        }
        job.phase("scrub");
        ScrubReport report = pools.scrub(pool, new Control(job, order.bytesPerSecond()));
        if (!report.problems().isEmpty()) {
            throw damaged(job, pool, report); // even when it was cut off: damage is no secret
        }
        job.check();
        if (!report.complete()) {
            throw new ServiceException(
                    Code.FAILED,
                    "pool " + pool.name() + " is not scrubbed to its end",
                    "the store ended it after " + report.goodBytes() + " good bytes",
                    List.of("pool show " + pool.name(), "job retry " + job.id()));
        }
        return JobResult.done(
                new Result(
                        pool.name(),
                        report.metadataPages(),
                        report.goodBytes(),
                        report.uncheckedBytes()));
    }

    private ServiceException damaged(JobContext job, PoolRecord pool, ScrubReport report) {
        List<String> problems = report.problems();
        problems.stream().limit(PLACES).forEach(job::log);
        if (problems.size() > PLACES) {
            job.log((problems.size() - PLACES) + " more places are damaged");
        }
        String found =
                problems.size()
                        + (problems.size() == 1 ? " place is" : " places are")
                        + " damaged: "
                        + first(problems);
        events.add(
                Severity.ERROR,
                "pool",
                "pool:" + pool.name(),
                "the scrub of job " + job.id() + " found damage: " + found);
        return new ServiceException(
                Code.DEVICE,
                "pool " + pool.name() + " is damaged",
                found,
                List.of(
                        "job log " + job.id() + " names the places",
                        "keep copies of its volumes elsewhere: qrv create",
                        "look at the disk, then pool check " + pool.name()));
    }

    private static String first(List<String> problems) {
        String named = String.join("; ", problems.stream().limit(PLACES_IN_EVENT).toList());
        return problems.size() > PLACES_IN_EVENT ? named + "; ..." : named;
    }

    /** A scrub ends early when its job is to stop. */
    private record Control(JobContext job, long bytesPerSecond) implements ScrubControl {
        @Override
        public boolean cancelled() {
            return job.stopping();
        }

        @Override
        public void progress(long doneBytes, long totalBytes) {
            job.progress(doneBytes, totalBytes);
        }
    }
}
