package io.tidegate.appliance.wiring;

import io.tidegate.appliance.settings.Settings;
import io.tidegate.copy.manager.CopyManager;
import io.tidegate.copy.mover.DataMover;
import io.tidegate.presentation.CatalogModePages;
import io.tidegate.presentation.CatalogSanitizes;
import io.tidegate.presentation.PoolUnitSpaces;
import io.tidegate.scsi.copy.CopyLimits;
import io.tidegate.target.device.DeviceLimits;
import io.tidegate.target.device.DeviceServer;
import io.tidegate.target.device.ProductIdentity;
import io.tidegate.target.device.UnitStores;
import io.tidegate.target.iscsi.TargetServer;
import io.tidegate.target.iscsi.TargetSettings;

/** What hosts talk to: the target, the device server behind it, the copy manager behind that. */
final class DataParts implements AutoCloseable {

    final CopyManager copies;
    final DeviceServer device;
    final TargetServer target;
    private final CopyAuditQueue audit;

    DataParts(Settings settings, CoreParts core, DataMover mover) {
        audit = new CopyAuditQueue(core.catalog);
        copies = new CopyManager(CopyLimits.DEFAULT, mover, audit, core.clock);
        device =
                new DeviceServer(
                        core.presentation,
                        new UnitStores(
                                core.reservations,
                                new CatalogModePages(core.catalog),
                                new CatalogSanitizes(core.catalog),
                                new PoolUnitSpaces(core.catalog, core.pools)),
                        copies,
                        DeviceLimits.DEFAULT,
                        ProductIdentity.TIDEGATE);
        device.resume(core.presentation.units());
        target =
                new TargetServer(
                        core.presentation,
                        device,
                        limits(settings),
                        core.clock,
                        settings.data().resolve("traces"));
        core.presentation.attach(target.sessions());
    }

    private static TargetSettings limits(Settings settings) {
        TargetSettings d = TargetSettings.DEFAULT;
        return new TargetSettings(
                d.loops(),
                settings.ioWorkers(),
                settings.maxConnections(),
                d.maxHalfOpenLogins(),
                settings.maxSessionsPerHost(),
                d.maxLoginText(),
                d.maxReceiveSegment(),
                d.maxBurst(),
                d.firstBurst(),
                d.outstandingR2t(),
                d.firstWindow(),
                d.maxWindow(),
                d.writeBuffers(),
                d.readBuffers(),
                settings.loginTimeout(),
                settings.keepAlive(),
                settings.keepAlive(),
                d.takeOverLimit(),
                d.logoutGrace(),
                d.digests());
    }

    /** Sessions first, then what they used. */
    @Override
    public void close() {
        target.close();
        device.close();
        copies.close();
        audit.close();
    }
}
