package io.tidegate.appliance.wiring;

import io.tidegate.appliance.settings.Settings;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.SecretBox;
import io.tidegate.catalog.ServiceException;
import io.tidegate.event.EventLog;
import io.tidegate.job.JobService;
import io.tidegate.presentation.CatalogReservations;
import io.tidegate.presentation.HostService;
import io.tidegate.presentation.Identities;
import io.tidegate.presentation.LunService;
import io.tidegate.presentation.Presentation;
import io.tidegate.presentation.TargetService;
import io.tidegate.recovery.CopyPlans;
import io.tidegate.recovery.Mover;
import io.tidegate.recovery.PromotionService;
import io.tidegate.recovery.QrvService;
import io.tidegate.recovery.RecoverService;
import io.tidegate.recovery.RecoveryParts;
import io.tidegate.recovery.Steps;
import io.tidegate.snapshot.Gates;
import io.tidegate.snapshot.SnapshotMounts;
import io.tidegate.snapshot.SnapshotService;
import io.tidegate.snapshot.Snapshots;
import io.tidegate.upkeep.PoolScrubs;
import io.tidegate.user.UserService;
import io.tidegate.volume.ActLocks;
import io.tidegate.volume.PoolService;
import io.tidegate.volume.SpaceWatch;
import io.tidegate.volume.VolumeBin;
import io.tidegate.volume.VolumeService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;

/** The services of core, made in the order in which they need each other. */
public final class CoreParts implements AutoCloseable {

    final Clock clock;
    final Catalog catalog;
    final EventLog events;
    final UserService users;
    final PoolService pools;
    final VolumeService volumes;
    final VolumeBin bin;
    final Presentation presentation;
    final HostService hosts;
    final TargetService targets;
    final LunService luns;
    final CatalogReservations reservations;
    final SpaceWatch space;
    final JobService jobs;
    final PoolScrubs scrubs;
    final SnapshotService snapshots;
    private final Snapshots taken;
    final QrvService qrvs;
    final PromotionService promotions;
    final RecoverService recoveries;
    final CopyPlans copyPlans;

    CoreParts(Settings settings, Mover mover, Clock clock) throws IOException {
        this.clock = clock;
        Path data = settings.data();
        System.setProperty(
                "org.sqlite.tmpdir", Files.createDirectories(data.resolve("tmp")).toString());
        SecretBox secrets = SecretBox.open(settings.keyFile());
        catalog = Catalog.open(data.resolve("catalog.db"), clock);
        events = new EventLog(catalog, EventLog.DEFAULT_LIMIT);
        users = new UserService(catalog);
        pools = new PoolService(catalog, new PoolStores(settings.nodeCache()), events);
        presentation =
                new Presentation(catalog, pools, secrets, new Identities(settings.companyId()));
        space = new SpaceWatch(catalog, pools, presentation, events);
        ActLocks locks = new ActLocks();
        volumes = new VolumeService(catalog, pools, presentation, locks);
        bin = volumes.bin(settings.binGrace());
        hosts = new HostService(catalog, secrets, presentation);
        targets = new TargetService(catalog, presentation);
        luns = new LunService(catalog, presentation, locks, settings.lunQuarantine());
        reservations = new CatalogReservations(catalog);
        jobs = new JobService(catalog);
        scrubs = new PoolScrubs(pools, jobs, events);
        Gates gates = new Gates();
        taken = new Snapshots(catalog, volumes, gates, locks, presentation::unitOf);
        SnapshotMounts mounts =
                new SnapshotMounts(catalog, pools, volumes, bin, presentation, luns);
        snapshots = new SnapshotService(catalog, volumes, taken, mounts, settings.binGrace());
        RecoveryParts parts =
                new RecoveryParts(
                        catalog,
                        pools,
                        volumes,
                        presentation,
                        reservations,
                        taken,
                        snapshots,
                        mounts,
                        gates,
                        jobs,
                        locks,
                        mover,
                        settings.binGrace(),
                        Steps.NONE);
        qrvs = new QrvService(parts);
        promotions = new PromotionService(parts);
        recoveries = new RecoverService(parts);
        copyPlans = new CopyPlans(parts);
        volumes.addDependents(taken);
        volumes.addDependents(qrvs);
    }

    /**
     * Opens the pools and decides everything that was cut off, before any LUN is offered: which
     * volumes exist, which snapshots were committed, where each logical unit points.
     */
    void recover() throws ServiceException {
        pools.start();
        bin.reconcile();
        taken.recover();
        promotions.recover();
        recoveries.recover();
        presentation.start();
    }

    @Override
    public void close() {
        jobs.close();
        presentation.close();
        pools.close();
        users.close();
        catalog.close();
    }
}
