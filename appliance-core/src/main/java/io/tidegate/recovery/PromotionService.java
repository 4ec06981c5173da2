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
 * Puts a QRV in its primary's place.
 *
 * <pre>
 *   preparing --> switched (one transaction) --> open
 *                                           \--> held --confirm--> open
 *   preparing --> given up
 * </pre>
 *
 * <p>The logical unit keeps identity, size, reservations and mode pages; it points to the QRV's
 * volume from one transaction on. Hosts are told by attentions. Safe for concurrent calls.
 */
public final class PromotionService {

    /** How much the primary still takes part. */
    public enum Mode {
        /** Writes are held, the last difference is copied: nothing is lost. */
        PLANNED,
        /** The primary is lost or not to be trusted: the QRV as it was at its point. */
        UNPLANNED
    }

    /**
     * What to do.
     *
     * @param hostsStopped the operator's word that no host has the LUN mounted
     */
    public record Order(String qrv, Mode mode, boolean hostsStopped) {}

    /**
     * What a promotion would do.
     *
     * @param point what the QRV is at; a planned promotion brings it to the last write first
     * @param losesTime how far the point lies back, zero for a planned one
     * @param losesBytes what was changed since, empty when the primary cannot tell
     * @param grows by how many bytes the QRV has to grow first
     * @param safetySnapshot name that it will have
     * @param oldName what the present primary will be called
     * @param registrations persistent registrations that stay
     * @param obstacles why it would be refused; empty when it would not
     */
    public record Plan(
            String qrv,
            String primary,
            Mode mode,
            Instant point,
            Duration losesTime,
            Optional<Long> losesBytes,
            long sizeBytes,
            int logicalBlockBytes,
            String naa,
            String serial,
            long grows,
            String safetySnapshot,
            String oldName,
            List<SessionLine> sessions,
            int registrations,
            boolean reservation6,
            boolean confirmsHeld,
            boolean hostsStopped,
            boolean willBeHeld,
            List<String> notes,
            List<String> obstacles) {}

    /**
     * What a promotion did.
     *
     * @param held whether the LUN refuses medium commands until the hosts are confirmed stopped
     * @param millisWithoutService from the gate's closing to its opening
     * @param abandonedWrites whether commands were under way that did not end in time
     * @param point ISO 8601: what the LUN shows now
     */
    public record Result(
            String qrv,
            String primary,
            String oldPrimary,
            String safetySnapshot,
            boolean held,
            double millisWithoutService,
            boolean abandonedWrites,
            String point,
            long generation,
            long bytesMoved) {}

    public Plan plan(Order order) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /**
     * Starts job {@code qrv-promote}, whose result is a {@link Result}. A QRV that is promoted and
     * held is confirmed when the order says that hosts are stopped. A repeat goes on where the
     * first stands.
     */
    public JobInfo promote(Request request, Order order) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /** What a job that is done did. */
    public Result result(JobId job) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /**
     * Finishes or takes back what a crash cut off. At start, after the snapshots' recovery and
     * before any LUN is offered.
     */
    public void recover() throws ServiceException {
        throw new UnsupportedOperationException();
    }
}
