package io.tidegate.target.device;

import io.tidegate.block.Geometry;
import io.tidegate.block.MemoryDevice;
import io.tidegate.copy.manager.CopyAudit;
import io.tidegate.copy.manager.CopyManager;
import io.tidegate.copy.mover.DataMover;
import io.tidegate.copy.mover.MoverSettings;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LogicalUnitId;
import io.tidegate.presentation.UnitIdentity;
import io.tidegate.presentation.UnitShape;
import io.tidegate.scsi.copy.CopyLimits;
import io.tidegate.target.iscsi.TargetServer;
import io.tidegate.target.iscsi.TargetSettings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * A target over memory for the public conformance suite, to be started by hand: LUN 0 is thin, LUN
 * 1 removable, LUN 2 read-only; prints one URL for each and runs until it is killed.
 */
final class ConformanceTarget {

    private static final long SIZE_BYTES = 256L << 20;

    private ConformanceTarget() {}

    public static void main(String[] args) throws Exception {
        int logical = args.length > 0 ? Integer.parseInt(args[0]) : 512;
        FakeDirectory directory = new FakeDirectory();
        MemoryStores stores = new MemoryStores();
        DataMover mover = new DataMover(MoverSettings.DEFAULT);
        CopyManager copies =
                new CopyManager(CopyLimits.DEFAULT, mover, CopyAudit.NONE, Clock.systemUTC());
        DeviceServer server =
                new DeviceServer(
                        directory,
                        stores.all(),
                        copies,
                        DeviceLimits.DEFAULT,
                        ProductIdentity.TIDEGATE);
        directory.map(0, unit("thin", 0, logical, false, false), false);
        directory.map(1, unit("removable", 1, logical, true, false), false);
        directory.map(2, unit("read-only", 2, logical, false, true), false);
        try (TargetServer target =
                new TargetServer(directory, server, TargetSettings.DEFAULT, Clock.systemUTC())) {
            InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
            InetSocketAddress bound = target.bind(List.of(any)).getFirst();
            directory.portal(bound);
            for (int lun = 0; lun < 3; lun++) {
                System.out.printf(
                        "iscsi://127.0.0.1:%d/%s/%d%n", bound.getPort(), FakeDirectory.TARGET, lun);
            }
            new CountDownLatch(1).await();
        }
    }

    private static LogicalUnit unit(
            String name, int id, int logical, boolean removable, boolean readOnly) {
        Geometry geometry = Geometry.ofBytes(SIZE_BYTES, logical, 4096);
        UnitShape shape = new UnitShape(geometry, 64 << 10, true, removable, readOnly, false);
        return new LogicalUnit(
                LogicalUnitId.of("00000000-0000-4000-8000-00000000000" + id),
                new UnitIdentity("6001405000000000000000000000000" + id, "conformance-" + id),
                name,
                shape,
                new MemoryDevice(name, geometry),
                1,
                LogicalUnit.State.OPEN);
    }
}
