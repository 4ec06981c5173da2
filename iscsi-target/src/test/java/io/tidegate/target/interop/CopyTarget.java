package io.tidegate.target.interop;

import io.tidegate.block.BlockDevice;
import io.tidegate.copy.manager.CopyAudit;
import io.tidegate.copy.manager.CopyManager;
import io.tidegate.copy.mover.DataMover;
import io.tidegate.copy.mover.MoverSettings;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LogicalUnitId;
import io.tidegate.presentation.UnitIdentity;
import io.tidegate.presentation.UnitShape;
import io.tidegate.scsi.copy.CopyLimits;
import io.tidegate.target.device.DeviceLimits;
import io.tidegate.target.device.DeviceServer;
import io.tidegate.target.device.FakeDirectory;
import io.tidegate.target.device.MemoryStores;
import io.tidegate.target.device.ProductIdentity;
import io.tidegate.target.iscsi.TargetMetrics;
import io.tidegate.target.iscsi.TargetServer;
import io.tidegate.target.iscsi.TargetSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A whole target on a free loopback port, with a copy manager that can be asked. */
final class CopyTarget implements AutoCloseable {

    final List<CopyAudit.Copy> audit = new CopyOnWriteArrayList<>();
    private final FakeDirectory directory = new FakeDirectory();
    private final DataMover mover = new DataMover(MoverSettings.DEFAULT);
    private final CopyManager copies;
    private final TargetServer target;
    private final int port;

    /** Each device is a LUN, numbered from 0, with a unit named {@code lunN}. */
    CopyTarget(BlockDevice... devices) throws IOException {
        copies = new CopyManager(CopyLimits.DEFAULT, mover, audit::add, Clock.systemUTC());
        MemoryStores stores = new MemoryStores();
        DeviceServer server =
                new DeviceServer(
                        directory,
                        stores.all(),
                        copies,
                        DeviceLimits.DEFAULT,
                        ProductIdentity.TIDEGATE);
        for (int i = 0; i < devices.length; i++) {
            directory.map(i, unit(i, devices[i]), false);
        }
        target = new TargetServer(directory, server, TargetSettings.DEFAULT, Clock.systemUTC());
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        InetSocketAddress bound = target.bind(List.of(any)).getFirst();
        directory.portal(bound);
        port = bound.getPort();
    }

    private static LogicalUnit unit(int number, BlockDevice device) {
        return new LogicalUnit(
                LogicalUnitId.random(),
                new UnitIdentity(String.format("6001405%025x", 0xabc0 + number), "COPY" + number),
                "lun" + number,
                new UnitShape(device.geometry(), 64 << 10, true, false, false, false),
                device,
                1,
                LogicalUnit.State.OPEN);
    }

    String url(int lun) {
        return "iscsi://127.0.0.1:" + port + "/" + FakeDirectory.TARGET + "/" + lun;
    }

    CopyManager copies() {
        return copies;
    }

    TargetMetrics metrics() {
        return target.snapshot();
    }

    @Override
    public void close() {
        target.close();
        copies.close();
        mover.close();
    }
}
