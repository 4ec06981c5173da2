package io.tidegate.shell;

import io.tidegate.catalog.Catalog;
import io.tidegate.job.JobService;
import io.tidegate.recovery.PromotionService;
import io.tidegate.recovery.QrvService;
import io.tidegate.recovery.RecoverService;
import io.tidegate.snapshot.SnapshotService;
import java.time.Clock;

/** All that the commands call; the appliance fills it. */
public record ShellServices(
        Clock clock,
        Catalog catalog,
        JobService jobs,
        SnapshotService snapshots,
        QrvService qrvs,
        PromotionService promotions,
        RecoverService recoveries,
        SystemControl system) {}
