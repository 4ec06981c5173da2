package io.tidegate.recovery;

import io.tidegate.audit.Request;
import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.SecretBox;
import io.tidegate.catalog.ServiceException;
import io.tidegate.event.EventLog;
import io.tidegate.job.JobInfo;
import io.tidegate.job.JobService;
import io.tidegate.job.JobState;
import io.tidegate.presentation.CatalogReservations;
import io.tidegate.presentation.HostOs;
import io.tidegate.presentation.HostService;
import io.tidegate.presentation.HostSpec;
import io.tidegate.presentation.Identities;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LogicalUnitId;
import io.tidegate.presentation.LunListener;
import io.tidegate.presentation.LunService;
import io.tidegate.presentation.LunSpec;
import io.tidegate.presentation.Presentation;
import io.tidegate.presentation.SessionControl;
import io.tidegate.presentation.SessionTraces;
import io.tidegate.presentation.TargetService;
import io.tidegate.snapshot.Gates;
import io.tidegate.snapshot.SnapshotMounts;
import io.tidegate.snapshot.SnapshotService;
import io.tidegate.snapshot.Snapshots;
import io.tidegate.upkeep.PoolScrubs;
import io.tidegate.volume.ActLocks;
import io.tidegate.volume.PoolRecord;
import io.tidegate.volume.PoolService;
import io.tidegate.volume.PoolSpec;
import io.tidegate.volume.PoolTier;
import io.tidegate.volume.ScrubControl;
import io.tidegate.volume.ScrubReport;
import io.tidegate.volume.SpaceWatch;
import io.tidegate.volume.StoreCheck;
import io.tidegate.volume.StoreProvider;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeService;
import io.tidegate.volume.VolumeSpec;
import io.tidegate.volume.VolumeStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * The services of this package over a catalog on disk and stores in memory. {@link #crash} leaves
 * the threads of the old services where they stand and builds new ones over the same catalog and
 * stores, as after a kill.
 */
final class Rig implements AutoCloseable {

    static final String IQN = "iqn.1998-01.com.example:esx7";
    static final Request ADMIN = Request.system("test");
    static final int MIB = 1 << 20;

    /** A clock that only the test moves. */
    static final class Hand extends Clock {
        private final AtomicReference<Instant> now =
                new AtomicReference<>(Instant.parse("2026-11-21T00:00:00Z"));

        void forward(Duration by) {
            now.updateAndGet(t -> t.plus(by));
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now.updateAndGet(t -> t.plusMillis(1));
        }
    }

    /** Sessions as the test says. */
    static final class Sessions implements SessionControl {
        final List<SessionInfo> list = new CopyOnWriteArrayList<>();
        final List<Long> abandoned = new CopyOnWriteArrayList<>();
        volatile Runnable onAbandon = () -> {};

        @Override
        public List<SessionInfo> sessions() {
            return List.copyOf(list);
        }

        @Override
        public CompletionStage<Optional<SessionDetails>> details(long sessionId) {
            throw new UnsupportedOperationException("nobody asks here");
        }

        @Override
        public boolean end(long sessionId, String reason) {
            return false;
        }

        @Override
        public void reconsider(String targetName) {
            // portals do not change here
        }

        @Override
        public SessionTraces traces() {
            throw new UnsupportedOperationException("nobody asks here");
        }

        @Override
        public void abandon(LogicalUnit unit, long generation) {
            abandoned.add(generation);
            onAbandon.run();
        }
    }

    /** Stops for good the thread that reaches a step, as a kill would. */
    static final class Kill implements Steps {
        private volatile String at = "";
        private final List<String> seen = new CopyOnWriteArrayList<>();
        private volatile CountDownLatch reached = new CountDownLatch(1);

        void at(String step) {
            reached = new CountDownLatch(1);
            at = step;
        }

        @Override
        public void reached(String step) {
            seen.add(step);
            if (step.equals(at)) {
                reached.countDown();
                forever();
            }
        }

        private static void forever() {
            CountDownLatch never = new CountDownLatch(1);
            while (true) {
                try {
                    never.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        }

        void await() throws InterruptedException {
            reached.await();
        }

        List<String> seen() {
            return seen;
        }
    }

    private final Path dir;
    final Hand clock = new Hand();
    final Map<String, FakeStore> stores = new ConcurrentHashMap<>();
    final Sessions sessions = new Sessions();
    final List<String> told = new CopyOnWriteArrayList<>();
    final PlainMover mover = new PlainMover();
    Kill steps = new Kill();
    Duration gateLimit = Duration.ofSeconds(10);

    Catalog catalog;
    PoolService pools;
    ActLocks locks;
    Presentation presentation;
    VolumeService volumes;
    LunService luns;
    JobService jobs;
    Snapshots snapshots;
    SnapshotService snapshotService;
    SnapshotMounts mounts;
    EventLog events;
    SpaceWatch watch;
    PoolScrubs scrubs;
    QrvService qrvs;
    PromotionService promotions;
    RecoverService recoveries;
    volatile Function<ScrubControl, ScrubReport> scrubbing =
            control -> new ScrubReport(true, 3, 4096, 512, List.of());
    private boolean first = true;

    private final StoreProvider provider;

    @SuppressWarnings("NullAway.Init")
    Rig(Path dir) {
        this.dir = dir;
        this.provider = new Stores();
        open();
    }

    /** Over stores of another kind. */
    @SuppressWarnings("NullAway.Init")
    Rig(Path dir, StoreProvider provider) {
        this.dir = dir;
        this.provider = provider;
        open();
    }

    void open() {
        try {
            catalog = Catalog.open(dir.resolve("catalog.db"), clock);
            events = new EventLog(catalog, 100);
            pools = new PoolService(catalog, provider, events);
            pools.start();
            locks = new ActLocks();
            presentation =
                    new Presentation(
                            catalog,
                            pools,
                            SecretBox.open(dir.resolve("secret.key")),
                            new Identities("0badc0"));
            presentation.attach(sessions);
            presentation.addListener(new Listener());
            volumes = new VolumeService(catalog, pools, presentation, locks);
            luns = new LunService(catalog, presentation, locks, Duration.ZERO);
            wire();
            volumes.bin(Duration.ofDays(1)).reconcile();
            snapshots.recover();
            promotions.recover();
            recoveries.recover();
            presentation.start();
            jobs.resume();
            snapshots.prune();
            if (first) {
                setUp();
                first = false;
            }
        } catch (IOException | ServiceException e) {
            throw new IllegalStateException(e);
        }
    }

    private void wire() {
        Gates gates = new Gates(gateLimit);
        jobs = new JobService(catalog);
        watch = new SpaceWatch(catalog, pools, presentation, events);
        scrubs = new PoolScrubs(pools, jobs, events);
        snapshots = new Snapshots(catalog, volumes, gates, locks, presentation::unitOf);
        mounts =
                new SnapshotMounts(
                        catalog,
                        pools,
                        volumes,
                        volumes.bin(Duration.ofDays(1)),
                        presentation,
                        luns);
        snapshotService =
                new SnapshotService(catalog, volumes, snapshots, mounts, Duration.ofDays(1));
        RecoveryParts parts =
                new RecoveryParts(
                        catalog,
                        pools,
                        volumes,
                        presentation,
                        new CatalogReservations(catalog),
                        snapshots,
                        snapshotService,
                        mounts,
                        gates,
                        jobs,
                        locks,
                        mover,
                        Duration.ofDays(1),
                        steps);
        qrvs = new QrvService(parts);
        promotions = new PromotionService(parts);
        recoveries = new RecoverService(parts);
        volumes.addDependents(snapshots);
        volumes.addDependents(qrvs);
    }

    private void setUp() throws ServiceException, IOException {
        pools.create(ADMIN, PoolSpec.of("fast", PoolTier.FAST, dir.resolve("fast"), 1L << 30));
        pools.create(
                ADMIN, PoolSpec.of("capacity", PoolTier.CAPACITY, dir.resolve("cap"), 1L << 30));
        new TargetService(catalog, presentation).ensureFirst();
        new HostService(catalog, SecretBox.open(dir.resolve("secret.key")), presentation)
                .create(
                        ADMIN,
                        new HostSpec(
                                "esx7", List.of(IQN), false, HostOs.of("linux"), Optional.empty()));
    }

    /** As a kill and a new start: what ran stays behind, the disk is what it is. */
    void crash() {
        stores.values().forEach(FakeStore::dropHandles);
        steps = new Kill();
        open();
    }

    private final class Listener implements LunListener {
        @Override
        public void lunsChanged(String targetName, String host) {}

        @Override
        public void unitChanged(LogicalUnit unit, UnitChange change) {
            told.add(unit.name() + " " + change + " " + unit.state());
        }

        @Override
        public void unitRemoved(LogicalUnit unit) {}
    }

    private final class Stores implements StoreProvider {
        @Override
        public VolumeStore create(PoolRecord pool) {
            return stores.computeIfAbsent(pool.name(), name -> new FakeStore());
        }

        @Override
        public VolumeStore open(PoolRecord pool) {
            return create(pool);
        }

        @Override
        public void reopen(VolumeStore store, boolean acknowledgeLoss) {}

        @Override
        public StoreCheck check(VolumeStore store) {
            return new StoreCheck(new LinkedHashMap<>(), List.of());
        }

        @Override
        public ScrubReport scrub(VolumeStore store, ScrubControl control) {
            return scrubbing.apply(control);
        }

        @Override
        public void grow(VolumeStore store, long sizeBytes) {
            ((FakeStore) store).grow(sizeBytes);
        }

        @Override
        public void grow(VolumeStore store, List<Path> devices) {
            throw new UnsupportedOperationException("not in these tests");
        }
    }

    // ---- acts

    /** A volume in the fast pool, mapped to the host. */
    VolumeRecord volume(String name, long bytes) throws ServiceException {
        VolumeRecord made = volumes.create(ADMIN, VolumeSpec.of(name, "fast", bytes));
        luns.map(ADMIN, name, LunSpec.to("esx7", false));
        return made;
    }

    /** A QRV of the volume that is at its first point. */
    QrvInfo qrv(String volume, String name) throws Exception {
        done(
                qrvs.create(
                        ADMIN,
                        new QrvService.Create(
                                volume,
                                Optional.of(name),
                                Optional.of("capacity"),
                                Optional.empty())));
        return qrvs.show(name);
    }

    JobInfo promote(String qrv, PromotionService.Mode mode, boolean hostsStopped) throws Exception {
        return ended(
                promotions.promote(ADMIN, new PromotionService.Order(qrv, mode, hostsStopped)));
    }

    /** Waits for the end of a job. */
    JobInfo ended(JobInfo job) throws Exception {
        JobInfo now = jobs.await(job.id(), Duration.ofMinutes(1));
        if (!now.state().ended()) {
            throw new AssertionError("job " + now.type() + " hangs in " + now.phase());
        }
        return now;
    }

    JobInfo done(JobInfo job) throws Exception {
        JobInfo now = ended(job);
        if (now.state() != JobState.DONE) {
            throw new AssertionError("job failed: " + now.failure());
        }
        return now;
    }

    LogicalUnit unit(String volume) throws ServiceException {
        return presentation.unitOf(volumes.find(volume).id()).orElseThrow();
    }

    /** A write as a host's: enters the unit, and says whether it may be answered GOOD. */
    static boolean write(LogicalUnit unit, long offset, byte[] bytes) throws DeviceException {
        LogicalUnit.Entry entry = unit.enter();
        if (entry == null) {
            return false;
        }
        try {
            entry.device().write(offset, direct(bytes));
        } finally {
            entry.exit();
        }
        return entry.current();
    }

    /** A command that has entered and is not complete. */
    static LogicalUnit.Entry enter(LogicalUnit unit) {
        LogicalUnit.Entry entry = unit.enter();
        if (entry == null) {
            throw new AssertionError(unit + " is " + unit.state());
        }
        return entry;
    }

    FakeStore store(String pool) {
        FakeStore store = stores.get(pool);
        if (store == null) {
            throw new AssertionError("no pool " + pool);
        }
        return store;
    }

    static ByteBuffer direct(byte[] bytes) {
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    /** Reads all of a unit, as a host would; fails when it is held. */
    byte[] content(String volume) throws Exception {
        LogicalUnit unit = unit(volume);
        LogicalUnit.Entry entry = unit.enter();
        if (entry == null) {
            throw new AssertionError(volume + " is " + unit.state());
        }
        try {
            return read(entry.device(), unit.shape().geometry().sizeBytes());
        } finally {
            entry.exit();
        }
    }

    /** Reads a volume past its unit. */
    byte[] raw(String volume) throws Exception {
        VolumeRecord record = volumes.find(volume);
        try (var device = volumes.store(record).openVolume(record.id())) {
            return read(device, record.sizeBytes());
        }
    }

    /** Reads a snapshot by its full name. */
    byte[] snapshot(String name) throws Exception {
        var info = snapshotService.show(name);
        try (var device = snapshots.open(info)) {
            return read(device, info.sizeBytes());
        }
    }

    static byte[] read(BlockDevice device, long size) throws DeviceException {
        ByteBuffer all = ByteBuffer.allocateDirect((int) size);
        device.read(0, all);
        byte[] bytes = new byte[(int) size];
        all.flip().get(bytes);
        return bytes;
    }

    SessionControl.SessionInfo session(LogicalUnitId unit, Instant refused) {
        return new SessionControl.SessionInfo(
                1,
                presentation.targets().getFirst().name(),
                IQN,
                "000000000001",
                "127.0.0.1:1",
                clock.instant(),
                1,
                Map.of(unit, refused),
                Map.of(unit, refused),
                SessionControl.Use.NONE);
    }

    List<String> snapshotNames(String volume) throws ServiceException {
        List<String> names = new ArrayList<>();
        snapshotService
                .list(new SnapshotService.Query(Optional.of(volume), Optional.empty(), false))
                .forEach(info -> names.add(info.name()));
        return names;
    }

    @Override
    public void close() {
        jobs.close();
        presentation.close();
        pools.close();
        catalog.close();
    }
}
