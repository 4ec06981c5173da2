package io.tidegate.target.iscsi;

import io.tidegate.block.Geometry;
import io.tidegate.block.MemoryDevice;
import io.tidegate.copy.manager.CopyAudit;
import io.tidegate.copy.manager.CopyManager;
import io.tidegate.copy.mover.DataMover;
import io.tidegate.copy.mover.MoverSettings;
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
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A started target on loopback with one LUN over a {@link HeldDevice} in memory. */
final class TestTarget implements AutoCloseable, LunDirectory {
    static final String NAME = "iqn.2026-11.io.tidegate:test";
    static final String INITIATOR = "iqn.2026-11.io.tidegate:initiator";
    static final int SIZE = 16 << 20;

    final HeldDevice device;
    final LogicalUnit unit;
    final TargetServer server;
    final InetSocketAddress address;
    volatile LoginRule rule = new LoginRule.Open();
    volatile LoginRule discoveryRule = new LoginRule.Open();
    volatile List<TargetInfo.Portal> portals =
            List.of(new TargetInfo.Portal(new InetSocketAddress(0), Optional.empty(), 1));
    volatile List<TargetInfo.Redirect> redirects = List.of();

    private final List<LunListener> listeners = new CopyOnWriteArrayList<>();
    private final DeviceServer devices;
    private final DataMover mover = new DataMover(MoverSettings.DEFAULT);
    private final CopyManager copies =
            new CopyManager(CopyLimits.DEFAULT, mover, CopyAudit.NONE, Clock.systemUTC());

    TestTarget() throws Exception {
        this(settings(Duration.ofSeconds(10), Duration.ofSeconds(5), 64));
    }

    TestTarget(TargetSettings settings) throws Exception {
        this(settings, null);
    }

    TestTarget(TargetSettings settings, @Nullable Path traces) throws Exception {
        Geometry geometry = Geometry.ofBytes(SIZE, 512, 4096);
        device = new HeldDevice(new MemoryDevice("memory", geometry));
        unit =
                new LogicalUnit(
                        LogicalUnitId.random(),
                        new UnitIdentity("60014050000000000000000000000001", "serial"),
                        "unit",
                        new UnitShape(geometry, 4096, true, false, false, false),
                        device,
                        1,
                        LogicalUnit.State.OPEN);
        devices =
                new DeviceServer(
                        this,
                        new UnitStores(
                                new NoReservations(),
                                new NoModes(),
                                new MemoryStores().sanitizes(),
                                unit -> Optional.empty()),
                        copies,
                        DeviceLimits.DEFAULT,
                        ProductIdentity.TIDEGATE);
        server = new TargetServer(this, devices, settings, Clock.systemUTC(), traces);
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        address = server.bind(List.of(any)).getFirst();
    }

    static TargetSettings settings(Duration login, Duration takeOver, int halfOpen) {
        TargetSettings d = TargetSettings.DEFAULT;
        return new TargetSettings(
                2,
                4,
                d.maxConnections(),
                halfOpen,
                d.maxSessionsPerHost(),
                d.maxLoginText(),
                d.maxReceiveSegment(),
                d.maxBurst(),
                d.firstBurst(),
                d.outstandingR2t(),
                d.firstWindow(),
                d.maxWindow(),
                64 << 20,
                64 << 20,
                login,
                d.keepAlive(),
                d.keepAliveTimeout(),
                takeOver,
                Duration.ofMillis(200),
                true);
    }

    /** Pings after so much silence and waits as long again for an answer. */
    static TargetSettings pinging(Duration silence) {
        return limits(TargetSettings.DEFAULT.maxConnections(), 64, 16, 10_000, silence);
    }

    static TargetSettings limits(
            int connections, int halfOpen, int perHost, int loginMillis, Duration silence) {
        TargetSettings s =
                settings(Duration.ofMillis(loginMillis), Duration.ofSeconds(5), halfOpen);
        return new TargetSettings(
                s.loops(),
                s.ioWorkers(),
                connections,
                s.maxHalfOpenLogins(),
                perHost,
                s.maxLoginText(),
                s.maxReceiveSegment(),
                s.maxBurst(),
                s.firstBurst(),
                s.outstandingR2t(),
                s.firstWindow(),
                s.maxWindow(),
                s.writeBuffers(),
                s.readBuffers(),
                s.loginDeadline(),
                silence,
                silence,
                s.takeOverLimit(),
                s.logoutGrace(),
                s.digests());
    }

    String url() {
        return "iscsi://127.0.0.1:" + address.getPort() + "/" + NAME + "/0";
    }

    @Override
    public Optional<TargetInfo> target(String targetName) {
        return targetName.equals(NAME)
                ? Optional.of(new TargetInfo(NAME, "alias", portals, redirects))
                : Optional.empty();
    }

    @Override
    public Optional<TargetInfo.Portal> redirect(String targetName, String initiatorName) {
        return target(targetName).flatMap(info -> info.goal("host"));
    }

    /** Listens at one more address, any port; a portal only once the test makes it one. */
    InetSocketAddress listen(String host) throws Exception {
        return server.bind(List.of(new InetSocketAddress(host, 0))).getFirst();
    }

    @Override
    public List<TargetInfo> targetsFor(String initiatorName) {
        return initiatorName.endsWith("stranger") ? List.of() : target(NAME).stream().toList();
    }

    @Override
    public LoginRule loginRule(Optional<String> targetName, String initiatorName) {
        return targetName.isPresent() ? rule : discoveryRule;
    }

    @Override
    public LunView luns(String targetName, String initiatorName) {
        TreeMap<Integer, MappedLun> luns = new TreeMap<>();
        luns.put(0, new MappedLun(0, unit, false));
        return new LunView("host", luns);
    }

    @Override
    public void addListener(LunListener listener) {
        listeners.add(listener);
    }

    @Override
    public void removeListener(LunListener listener) {
        listeners.remove(listener);
    }

    /** Says that the unit is gone; it answers all the same. */
    void removeUnit() {
        listeners.getLast().unitRemoved(unit); // the target's; the device server keeps its state
    }

    @Override
    public void close() throws Exception {
        device.letGo();
        server.close();
        devices.close();
        copies.close();
        mover.close();
    }

    private static final class NoReservations implements ReservationStore {
        @Override
        public Optional<PersistentReservations> load(LogicalUnitId id) {
            return Optional.empty();
        }

        @Override
        public void save(LogicalUnitId id, Optional<PersistentReservations> reservations) {
            // not kept
        }
    }

    private static final class NoModes implements ModePageStore {
        @Override
        public Optional<SavedModes> load(LogicalUnitId id) {
            return Optional.empty();
        }

        @Override
        public void save(LogicalUnitId id, SavedModes modes) {
            // not kept
        }
    }
}
