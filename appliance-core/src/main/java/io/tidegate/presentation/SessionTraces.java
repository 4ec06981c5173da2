package io.tidegate.presentation;

import io.tidegate.catalog.ServiceException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Recordings of iSCSI sessions in files that packet analysers read. A recording is bounded in time
 * and size, and leaves data and secrets out unless it is told otherwise. Safe for concurrent calls.
 */
public interface SessionTraces {

    /**
     * What to record.
     *
     * @param name of the file, without ending: 1 to 63 of {@code a-z 0-9 . _ -}
     * @param session the session with this number; else see {@code initiator}
     * @param initiator all sessions of this initiator, now and later, their logins included
     * @param limit after which it ends by itself
     * @param maxBytes of the file, after which it ends by itself
     * @param payloadBytes kept of the data of each PDU that carries data of LUNs; 0 for none
     */
    record Spec(
            String name,
            Optional<Long> session,
            Optional<String> initiator,
            Duration limit,
            long maxBytes,
            int payloadBytes) {}

    /**
     * A recording.
     *
     * @param of whom it records
     * @param running whether it goes on
     * @param bytes in the file
     * @param packets in the file
     * @param lost packets that are missing, since the disk did not keep up
     * @param ended why it ended; empty while it runs
     */
    record TraceInfo(
            String name,
            Path file,
            String of,
            Instant began,
            boolean running,
            long bytes,
            long packets,
            long lost,
            Optional<String> ended) {}

    /**
     * Begins to record.
     *
     * @throws ServiceException INVALID for values out of their limits; NOT_FOUND without such a
     *     session; CONFLICT when the name is taken or too many are there
     */
    TraceInfo start(Spec spec) throws ServiceException;

    /** Recordings since the start, running ones and ended ones, the oldest first. */
    List<TraceInfo> list();

    /**
     * Ends a recording and waits until its file is complete; does nothing when it has ended.
     *
     * @throws ServiceException NOT_FOUND
     */
    TraceInfo stop(String name) throws ServiceException;

    /**
     * Removes the file of a recording, of an earlier start too, and forgets it.
     *
     * @throws ServiceException NOT_FOUND; BUSY while it runs
     */
    void delete(String name) throws ServiceException;
}
