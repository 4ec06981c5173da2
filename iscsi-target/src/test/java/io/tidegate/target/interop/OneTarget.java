package io.tidegate.target.interop;

import io.tidegate.block.BlockDevice;
import io.tidegate.copy.manager.CopyAudit;
import io.tidegate.copy.manager.CopyManager;
import io.tidegate.copy.mover.DataMover;
import io.tidegate.copy.mover.MoverSettings;
import io.tidegate.initiator.InitiatorSettings;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LogicalUnitId;
import io.tidegate.presentation.LoginRule;
import io.tidegate.presentation.LunDirectory;
import io.tidegate.presentation.LunListener;
import io.tidegate.presentation.LunView;
import io.tidegate.presentation.MappedLun;
import io.tidegate.presentation.ModePageStore;
import io.tidegate.presentation.PersistentReservations;
import io.tidegate.presentation.ReservationStore;
import io.tidegate.presentation.TargetInfo;
import io.tidegate.presentation.UnitIdentity;
import io.tidegate.presentation.UnitShape;
import io.tidegate.scsi.copy.CopyLimits;
import io.tidegate.target.device.DeviceLimits;
import io.tidegate.target.device.DeviceServer;
import io.tidegate.target.device.MemoryStores;
import io.tidegate.target.device.ProductIdentity;
import io.tidegate.target.device.UnitStores;
import io.tidegate.target.iscsi.TargetServer;
import io.tidegate.target.iscsi.TargetSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A started target with two portals on free ports, each a portal group of its own, whose LUNs, one
 * for each device, every initiator sees.
 */
final class OneTarget implements AutoCloseable {

    static final String NAME = "iqn.2026-11.io.tidegate:interop";
    static final String US = "iqn.2026-11.io.tidegate:initiator";

    private final DataMover mover = new DataMover(MoverSettings.DEFAULT);
    private final TargetServer server;
    private final List<InetSocketAddress> portals;

    OneTarget(List<BlockDevice> devices) throws IOException {
        Directory directory = new Directory(devices);
        CopyManager copies =
                new CopyManager(CopyLimits.DEFAULT, mover, CopyAudit.NONE, Clock.systemUTC());
        DeviceServer scsi =
                new DeviceServer(
                        directory,
                        new UnitStores(
                                new Reservations(),
                                new Modes(),
                                new MemoryStores().sanitizes(),
                                unit -> Optional.empty()),
                        copies,
                        DeviceLimits.DEFAULT,
                        ProductIdentity.TIDEGATE);
        server = new TargetServer(directory, scsi, TargetSettings.DEFAULT, Clock.systemUTC());
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        portals = server.bind(List.of(any, any));
        directory.portals = portals;
    }

    InitiatorSettings settings() {
        return InitiatorSettings.of(portals.getFirst(), US, NAME);
    }

    List<InetSocketAddress> portals() {
        return portals;
    }

    String url(int lun) {
        return "iscsi://127.0.0.1:" + portals.getFirst().getPort() + "/" + NAME + "/" + lun;
    }

    TargetServer server() {
        return server;
    }

    @Override
    public void close() {
        server.close();
    }

    private static LogicalUnit unit(int number, BlockDevice device) {
        return new LogicalUnit(
                LogicalUnitId.of("00000000-0000-4000-8000-00000000000" + number),
                new UnitIdentity("6001405000000000000000000000000" + number, "interop-" + number),
                "unit" + number,
                new UnitShape(device.geometry(), 65536, true, false, false, false),
                device,
                1,
                LogicalUnit.State.OPEN);
    }

    private static final class Directory implements LunDirectory {
        private final TreeMap<Integer, MappedLun> luns = new TreeMap<>();
        private volatile List<InetSocketAddress> portals = List.of();

        Directory(List<BlockDevice> devices) {
            for (BlockDevice device : devices) {
                int number = luns.size();
                luns.put(number, new MappedLun(number, unit(number, device), false));
            }
        }

        @Override
        public Optional<TargetInfo> target(String targetName) {
            if (!targetName.equals(NAME)) {
                return Optional.empty();
            }
            List<TargetInfo.Portal> all = new ArrayList<>();
            for (InetSocketAddress at : portals) {
                all.add(new TargetInfo.Portal(at, Optional.empty(), all.size() + 1));
            }
            return Optional.of(new TargetInfo(NAME, "", all));
        }

        @Override
        public List<TargetInfo> targetsFor(String initiatorName) {
            return target(NAME).stream().toList();
        }

        @Override
        public LoginRule loginRule(Optional<String> targetName, String initiatorName) {
            return new LoginRule.Open();
        }

        @Override
        public LunView luns(String targetName, String initiatorName) {
            return new LunView("host", new TreeMap<>(luns));
        }

        @Override
        public void addListener(LunListener listener) {
            // nothing here changes
        }

        @Override
        public void removeListener(LunListener listener) {
            // nothing here changes
        }
    }

    private static final class Reservations implements ReservationStore {
        private final Map<LogicalUnitId, PersistentReservations> kept = new ConcurrentHashMap<>();

        @Override
        public Optional<PersistentReservations> load(LogicalUnitId unit) {
            return Optional.ofNullable(kept.get(unit));
        }

        @Override
        public void save(LogicalUnitId unit, Optional<PersistentReservations> reservations) {
            reservations.ifPresentOrElse(r -> kept.put(unit, r), () -> kept.remove(unit));
        }
    }

    private static final class Modes implements ModePageStore {
        private final Map<LogicalUnitId, SavedModes> kept = new ConcurrentHashMap<>();

        @Override
        public Optional<SavedModes> load(LogicalUnitId unit) {
            return Optional.ofNullable(kept.get(unit));
        }

        @Override
        public void save(LogicalUnitId unit, SavedModes values) {
            kept.put(unit, values);
        }
    }
}
