package io.tidegate.target.iscsi;

import io.tidegate.iscsi.wire.SessionParameters;
import io.tidegate.presentation.SessionControl.Amount;
import io.tidegate.presentation.SessionControl.LunUse;
import io.tidegate.presentation.SessionControl.SessionDetails;
import io.tidegate.presentation.SessionControl.SessionInfo;
import io.tidegate.presentation.SessionControl.Traffic;
import io.tidegate.presentation.SessionControl.Use;
import io.tidegate.presentation.SessionControl.Window;
import io.tidegate.target.device.Nexus;
import io.tidegate.target.device.NexusId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Tells administrators of a session. From any thread. */
final class SessionFacts {
    /** How long a loop may take to say what only it knows. */
    private static final long LOOP_LIMIT_MILLIS = 2000;

    private SessionFacts() {}

    static SessionInfo info(Session session) {
        Nexus nexus = session.nexusIfOpen();
        NexusId id = session.nexusId();
        return new SessionInfo(
                session.id(),
                id.targetName(),
                id.initiatorName(),
                String.format(Locale.ROOT, "%012x", id.isid()),
                session.connection().peer(),
                session.since(),
                session.commandCount(),
                nexus == null ? Map.of() : nexus.lastWrites(),
                nexus == null ? Map.of() : nexus.refusedWrites(),
                new Use(
                        nexus == null ? "" : nexus.host(),
                        session.connection().local(),
                        nexus == null ? 0 : nexus.lunStates().size(),
                        traffic(session.counters().total())));
    }

    /** Empty when the session is not open yet. */
    static CompletableFuture<Optional<SessionDetails>> details(Session session) {
        Nexus nexus = session.nexusIfOpen();
        SessionParameters agreed = session.parametersIfOpen();
        if (nexus == null || agreed == null) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        CompletableFuture<@Nullable Window> window = new CompletableFuture<>();
        try {
            session.loop().now(() -> window.complete(window(session)));
        } catch (RejectedExecutionException e) {
            window.complete(null); // the target is closed
        }
        return window.completeOnTimeout(null, LOOP_LIMIT_MILLIS, TimeUnit.MILLISECONDS)
                .thenApply(
                        told ->
                                Optional.of(
                                        new SessionDetails(
                                                info(session),
                                                parameters(agreed),
                                                Optional.ofNullable(told),
                                                luns(session, nexus))));
    }

    private static Window window(Session session) {
        CommandWindow numbers = session.connection().serials();
        Optional<Duration> idle = Optional.empty();
        if (session.lastAnswer().isPresent()) {
            long nanos = System.nanoTime() - session.lastAnswer().getAsLong();
            idle = Optional.of(Duration.ofNanos(Math.max(0, nanos)));
        }
        return new Window(
                Integer.toUnsignedLong(numbers.expCmdSn()),
                Integer.toUnsignedLong(numbers.maxCmdSn()),
                numbers.size(),
                numbers.outstanding(),
                idle);
    }

    private static List<LunUse> luns(Session session, Nexus nexus) {
        List<LunUse> luns = new ArrayList<>();
        for (Nexus.LunState lun : nexus.lunStates()) {
            UnitCounters.Unit row = session.counters().find(lun.unit().id());
            luns.add(
                    new LunUse(
                            lun.number(),
                            lun.unit().name(),
                            lun.readOnly(),
                            row == null ? Traffic.NONE : traffic(row.kinds),
                            lun.lastWrite(),
                            lun.attentions().stream().map(a -> a.code()).toList()));
        }
        return luns;
    }

    private static Traffic traffic(UnitCounters.Kinds kinds) {
        return new Traffic(amount(kinds.reads), amount(kinds.writes), amount(kinds.others));
    }

    private static Amount amount(OpCounters counters) {
        return new Amount(counters.count(), counters.errors(), counters.bytes());
    }

    /** By the names of RFC 7143, 13. */
    private static SequencedMap<String, String> parameters(SessionParameters agreed) {
        SequencedMap<String, String> told = new LinkedHashMap<>();
        told.put("HeaderDigest", digest(agreed.headerDigest()));
        told.put("DataDigest", digest(agreed.dataDigest()));
        told.put("MaxConnections", Integer.toString(agreed.maxConnections()));
        told.put("InitialR2T", yes(agreed.initialR2t()));
        told.put("ImmediateData", yes(agreed.immediateData()));
        told.put("MaxRecvDataSegmentLength", Integer.toString(agreed.ownMaxSegment()));
        told.put("MaxXmitDataSegmentLength", Integer.toString(agreed.peerMaxSegment()));
        told.put("MaxBurstLength", Integer.toString(agreed.maxBurstLength()));
        told.put("FirstBurstLength", Integer.toString(agreed.firstBurstLength()));
        told.put("MaxOutstandingR2T", Integer.toString(agreed.maxOutstandingR2t()));
        told.put("DefaultTime2Wait", Integer.toString(agreed.timeToWait()));
        told.put("DefaultTime2Retain", Integer.toString(agreed.timeToRetain()));
        told.put("DataPDUInOrder", yes(agreed.dataPduInOrder()));
        told.put("DataSequenceInOrder", yes(agreed.dataSequenceInOrder()));
        told.put("ErrorRecoveryLevel", Integer.toString(agreed.errorRecoveryLevel()));
        return told;
    }

    private static String digest(boolean on) {
        return on ? "CRC32C" : "None";
    }

    private static String yes(boolean on) {
        return on ? "Yes" : "No";
    }
}
