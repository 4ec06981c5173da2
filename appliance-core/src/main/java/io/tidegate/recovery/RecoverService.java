package io.tidegate.recovery;

import io.tidegate.audit.Request;
import io.tidegate.catalog.ServiceException;
import io.tidegate.job.JobId;
import io.tidegate.job.JobInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Brings a volume back to a snapshot or a QRV, in place or beside it. Safe for concurrent calls.
 */
public final class RecoverService {

    /** Where the recovered content goes. */
    public sealed interface To {
        /** Over the volume's own content, by changed blocks only; a safety snapshot first. */
        record InPlace(boolean hostsStopped) implements To {}

        /**
         * Into another volume: a new one of that name, or one that is there, not mapped to any host
         * and large enough, which is overwritten.
         *
         * @param pool for a new one; without it the source's pool
         */
        record Volume(String name, Optional<String> pool) implements To {}
    }

    /**
     * What to recover.
     *
     * @param at the newest point at or before this time; needed when {@code from} is empty
     * @param from name of a snapshot or QRV
     */
    public record Order(String volume, Optional<Instant> at, Optional<String> from, To to) {}

    /**
     * What a recovery would do.
     *
     * @param source name of the chosen snapshot or QRV
     * @param sourceKind {@code snapshot} or {@code qrv}
     * @param point its instant
     * @param wanted the time asked for
     * @param losesTime what is lost since the point, in place only
     * @param losesBytes changed since the point, empty when not known
     * @param safetySnapshot in place only
     * @param others nearer points that cannot be used, with the reason
     */
    public record Plan(
            String volume,
            String source,
            String sourceKind,
            Instant point,
            Optional<Instant> wanted,
            Optional<Duration> losesTime,
            Optional<Long> losesBytes,
            Optional<String> safetySnapshot,
            String destination,
            boolean inPlace,
            boolean fullCopy,
            boolean willBeHeld,
            List<SessionLine> sessions,
            List<String> others,
            List<String> notes,
            List<String> obstacles) {}

    /**
     * What a recovery did.
     *
     * @param safetySnapshot empty when it did not go in place
     * @param held whether the LUN refuses medium commands until the hosts are confirmed stopped
     * @param millisWithoutService from the gate's closing to its opening, or to now when held
     */
    public record Result(
            String volume,
            String source,
            String destination,
            String point,
            String safetySnapshot,
            boolean held,
            double millisWithoutService,
            long bytesChanged,
            long bytesMoved,
            long bytesDiscarded) {}

    public Plan plan(Order order) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /**
     * Starts job {@code recover-volume}; its result is a {@link Result}. An in-place recovery that
     * is held is confirmed by repeating it with the hosts stopped.
     */
    public JobInfo recover(Request request, Order order) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /** Brings a volume back to the safety snapshot of an in-place recovery, in the same way. */
    public JobInfo undo(Request request, JobId recovery, boolean hostsStopped)
            throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /** Lifts the hold of a unit after an in-place recovery: the operator's word on the hosts. */
    public void confirm(Request request, String volume) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    public Result result(JobId job) throws ServiceException {
        throw new UnsupportedOperationException();
    }
}
