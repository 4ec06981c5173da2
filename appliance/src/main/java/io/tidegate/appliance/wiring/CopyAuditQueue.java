package io.tidegate.appliance.wiring;

import io.tidegate.audit.AuditResult;
import io.tidegate.audit.Request;
import io.tidegate.catalog.Catalog;
import io.tidegate.copy.manager.CopyAudit;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings third-party copies into the audit log, without holding up the copies. */
final class CopyAuditQueue implements CopyAudit, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(CopyAuditQueue.class);
    private static final int CAPACITY = 10_000;
    private static final int RANGES_SHOWN = 8;
    private static final long CLOSE_SECONDS = 10;

    private final Catalog catalog;
    private final ExecutorService writer =
            new ThreadPoolExecutor(
                    1,
                    1,
                    0,
                    TimeUnit.SECONDS,
                    new LinkedBlockingQueue<>(CAPACITY),
                    Thread.ofPlatform().name("copy-audit").factory());

    CopyAuditQueue(Catalog catalog) {
        this.catalog = catalog;
    }

    @Override
    public void copied(Copy copy) {
        try {
            writer.execute(() -> record(copy));
        } catch (RejectedExecutionException e) {
            // More copies than the catalog can take for a long time, or the end of the appliance.
            log.warn("not in the audit log: copy of {}: {}", copy.nexus(), ranges(copy));
        }
    }

    private void record(Copy copy) {
        Request who =
                new Request(
                        "host:" + copy.host(),
                        copy.nexus(),
                        "iscsi",
                        "EXTENDED COPY",
                        Optional.empty(),
                        Optional.empty());
        AuditResult result =
                switch (copy.outcome()) {
                    case DONE -> AuditResult.OK;
                    case FAILED, ABORTED, FENCED -> AuditResult.FAILED;
                    case REFUSED -> AuditResult.REFUSED;
                };
        catalog.record(
                who,
                "copy",
                result,
                copy.outcome() + ", " + copy.movedBytes() + " bytes moved: " + ranges(copy));
    }

    private static String ranges(Copy copy) {
        String shown =
                copy.ranges().stream()
                        .limit(RANGES_SHOWN)
                        .map(
                                r ->
                                        r.sourceUnit()
                                                + "+"
                                                + r.sourceOffset()
                                                + " -> "
                                                + r.destinationUnit()
                                                + "+"
                                                + r.destinationOffset()
                                                + " ("
                                                + r.bytes()
                                                + ")")
                        .collect(Collectors.joining(", "));
        int more = copy.ranges().size() - RANGES_SHOWN;
        return more > 0 ? shown + " and " + more + " more" : shown;
    }

    @Override
    public void close() {
        writer.shutdown();
        try {
            if (!writer.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                log.warn("some copies are not in the audit log: the catalog is too slow");
            }
        } catch (InterruptedException e) {
            log.warn("some copies may not be in the audit log: interrupted at the end");
        }
    }
}
