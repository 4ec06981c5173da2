package io.tidegate.shell;

import io.tidegate.catalog.Catalog;
import io.tidegate.event.EventLog;
import io.tidegate.job.JobService;
import io.tidegate.presentation.HostService;
import io.tidegate.presentation.LunService;
import io.tidegate.presentation.Presentation;
import io.tidegate.presentation.SessionControl;
import io.tidegate.presentation.TargetService;
import io.tidegate.recovery.CopyPlans;
import io.tidegate.recovery.PromotionService;
import io.tidegate.recovery.QrvService;
import io.tidegate.recovery.RecoverService;
import io.tidegate.snapshot.SnapshotService;
import io.tidegate.upkeep.PoolScrubs;
import io.tidegate.user.UserService;
import io.tidegate.volume.PoolService;
import io.tidegate.volume.VolumeBin;
import io.tidegate.volume.VolumeService;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * All that the commands call; the appliance fills it.
 *
 * @param server the shell server itself, once it runs; asked at each command
 */
public record ShellServices(
        Clock clock,
        Catalog catalog,
        JobService jobs,
        PoolService pools,
        PoolScrubs scrubs,
        VolumeService volumes,
        VolumeBin volumeBin,
        HostService hosts,
        TargetService targets,
        LunService luns,
        Presentation presentation,
        SnapshotService snapshots,
        QrvService qrvs,
        PromotionService promotions,
        RecoverService recoveries,
        CopyPlans copyPlans,
        UserService users,
        EventLog events,
        SystemControl system,
        Supplier<Optional<ShellServer>> server) {

    /** Sessions of hosts, once the target runs. */
    public Optional<SessionControl> sessions() {
        return presentation.sessions();
    }
}
