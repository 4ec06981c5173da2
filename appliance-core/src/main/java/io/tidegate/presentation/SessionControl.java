package io.tidegate.presentation;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.CompletionStage;

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
     * @param use what it has been used for
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
            Map<LogicalUnitId, Instant> refusedWrites,
            Use use) {}

    /**
     * What a session is used for.
     *
     * @param host that the initiator belongs to; empty while no host claims it
     * @param portal address and port that the session came in by
     * @param luns how many it sees
     */
    record Use(String host, String portal, int luns, Traffic traffic) {

        public static final Use NONE = new Use("", "", 0, Traffic.NONE);
    }

    /** Commands answered, by what they do. */
    record Traffic(Amount reads, Amount writes, Amount others) {

        public static final Traffic NONE = new Traffic(Amount.NONE, Amount.NONE, Amount.NONE);
    }

    /**
     * Commands of one kind.
     *
     * @param count commands answered
     * @param errors those that did not end in GOOD
     * @param bytes data moved
     */
    record Amount(long count, long errors, long bytes) {

        public static final Amount NONE = new Amount(0, 0, 0);
    }

    /**
     * A session in full.
     *
     * @param parameters what was negotiated, by the names of the standard
     * @param window what it may send; empty when it did not say in time, since its loop is busy
     * @param luns each LUN that it sees, by number
     */
    record SessionDetails(
            SessionInfo info,
            SequencedMap<String, String> parameters,
            Optional<Window> window,
            List<LunUse> luns) {}

    /**
     * Command numbers of a session (RFC 7143, 4.2.2.1).
     *
     * @param expCmdSn the number that is expected next, unsigned
     * @param maxCmdSn the last number that may be used now, unsigned
     * @param size how many commands it may have outstanding when it has used up what was granted
     * @param outstanding commands that have begun and are not answered
     * @param idle since a command was last answered; empty when there was none
     */
    record Window(
            long expCmdSn, long maxCmdSn, int size, int outstanding, Optional<Duration> idle) {}

    /**
     * A LUN of a session.
     *
     * @param unit name of the logical unit
     * @param attentions owed to this session, as additional sense codes, in the order of telling
     */
    record LunUse(
            int number,
            String unit,
            boolean readOnly,
            Traffic traffic,
            Optional<Instant> lastWrite,
            List<String> attentions) {}

    List<SessionInfo> sessions();

    /** A session in full; empty when there is none of that number, or it is not open yet. */
    CompletionStage<Optional<SessionDetails>> details(long sessionId);

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

    /** Recordings of what sessions send and are sent. */
    SessionTraces traces();
}
