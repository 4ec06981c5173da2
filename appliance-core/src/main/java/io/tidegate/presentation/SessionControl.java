package io.tidegate.presentation;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/** The sessions of hosts, for those who have to name or end them. */
public interface SessionControl {

    /**
     * A session as administrators see it.
     *
     * @param id unique while the appliance runs
     * @param target empty for a discovery session
     * @param isid in hex
     * @param peer address and port of the initiator
     * @param lastWrites units this session has written to, with the time of the last write
     * @param refusedWrites units on which a write of this session was last refused as held
     */
    record SessionInfo(
            long id,
            String target,
            String initiator,
            String isid,
            String peer,
            Instant since,
            long commands,
            Map<LogicalUnitId, Instant> lastWrites,
            Map<LogicalUnitId, Instant> refusedWrites) {}

    List<SessionInfo> sessions();

    /** Asks the initiator to log out, then closes; false when there is no such session. */
    boolean end(long sessionId, String reason);

    /**
     * Portals or redirects of a target have changed: asks those of its sessions to log out whose
     * login would now be sent elsewhere or refused where they came in. Does not wait for them.
     */
    void reconsider(String targetName);

    /**
     * Ends every task that entered {@code unit} under a generation before {@code generation} with
     * ABORTED COMMAND, at once; buffers stay with their system calls. For unplanned promotions.
     */
    void abandon(LogicalUnit unit, long generation);
}
