package io.tidegate.shell;

import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.SecretBox;
import io.tidegate.event.EventLog;
import io.tidegate.job.JobService;
import io.tidegate.pool.Pool;
import io.tidegate.pool.PoolCheckReport;
import io.tidegate.pool.PoolOpenOptions;
import io.tidegate.pool.PoolOptions;
import io.tidegate.presentation.CatalogReservations;
import io.tidegate.presentation.HostService;
import io.tidegate.presentation.Identities;
import io.tidegate.presentation.LunService;
import io.tidegate.presentation.Presentation;
import io.tidegate.presentation.TargetService;
import io.tidegate.recovery.CopyPlans;
import io.tidegate.recovery.PromotionService;
import io.tidegate.recovery.QrvService;
import io.tidegate.recovery.RecoverService;
import io.tidegate.recovery.RecoveryParts;
import io.tidegate.recovery.Steps;
import io.tidegate.shell.command.Dispatcher;
import io.tidegate.shell.command.Tree;
import io.tidegate.shell.noun.Nouns;
import io.tidegate.snapshot.Gates;
import io.tidegate.snapshot.SnapshotMounts;
import io.tidegate.snapshot.SnapshotService;
import io.tidegate.snapshot.Snapshots;
import io.tidegate.upkeep.PoolScrubs;
import io.tidegate.user.UserService;
import io.tidegate.volume.ActLocks;
import io.tidegate.volume.PoolRecord;
import io.tidegate.volume.PoolService;
import io.tidegate.volume.ScrubControl;
import io.tidegate.volume.ScrubReport;
import io.tidegate.volume.StoreCheck;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreProvider;
import io.tidegate.volume.VolumeBin;
import io.tidegate.volume.VolumeService;
import io.tidegate.volume.VolumeStore;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The core's services over real pools in a temporary directory, without an iSCSI target. */
public final class TestAppliance implements AutoCloseable {

    private static final Duration GRACE = Duration.ofHours(24);

    public final ShellServices services;
    public final Dispatcher dispatcher;
    public final AtomicBoolean shutdown = new AtomicBoolean();
    public final AtomicReference<@Nullable ShellServer> server = new AtomicReference<>();

    /** What the next scrub finds. */
    public final AtomicReference<ScrubReport> scrub =
            new AtomicReference<>(new ScrubReport(true, 12, 8192, 4096, List.of()));

    /** What every pool says does not work at present. */
    public final AtomicReference<Optional<String>> trouble =
            new AtomicReference<>(Optional.empty());

    /** What a pool was last told to grow to. */
    public final AtomicLong grown = new AtomicLong();

    public TestAppliance(Path data) throws Exception {
        Clock clock = Clock.systemUTC();
        Catalog catalog = Catalog.open(data.resolve("catalog.db"), clock);
        SecretBox secrets = SecretBox.open(data.resolve("secret.key"));
        EventLog events = new EventLog(catalog, 100);
        PoolService pools = new PoolService(catalog, new Stores(), events);
        Presentation presentation =
                new Presentation(catalog, pools, secrets, new Identities("02a1b2"));
        ActLocks locks = new ActLocks();
        VolumeService volumes = new VolumeService(catalog, pools, presentation, locks);
        VolumeBin bin = volumes.bin(GRACE);
        LunService luns = new LunService(catalog, presentation, locks, Duration.ofHours(1));
        JobService jobs = new JobService(catalog);
        PoolScrubs scrubs = new PoolScrubs(pools, jobs, events);
        Gates gates = new Gates();
        Snapshots taken = new Snapshots(catalog, volumes, gates, locks, presentation::unitOf);
        SnapshotMounts mounts =
                new SnapshotMounts(catalog, pools, volumes, bin, presentation, luns);
        SnapshotService snapshots = new SnapshotService(catalog, volumes, taken, mounts, GRACE);
        RecoveryParts parts =
                new RecoveryParts(
                        catalog,
                        pools,
                        volumes,
                        presentation,
                        new CatalogReservations(catalog),
                        taken,
                        snapshots,
                        mounts,
                        gates,
                        jobs,
                        locks,
                        new PlainMover(),
                        GRACE,
                        Steps.NONE);
        TargetService targets = new TargetService(catalog, presentation);
        services =
                new ShellServices(
                        clock,
                        catalog,
                        jobs,
                        pools,
                        scrubs,
                        volumes,
                        bin,
                        new HostService(catalog, secrets, presentation),
                        targets,
                        luns,
                        presentation,
                        snapshots,
                        new QrvService(parts),
                        new PromotionService(parts),
                        new RecoverService(parts),
                        new CopyPlans(parts),
                        new UserService(catalog),
                        events,
                        new Control(),
                        () -> Optional.ofNullable(server.get()));
        pools.start();
        presentation.start();
        targets.ensureFirst();
        jobs.resume();
        dispatcher = new Dispatcher(services, new Tree(services, Nouns.ALL));
    }

    @Override
    public void close() {
        services.jobs().close();
        services.presentation().close();
        services.pools().close();
        services.users().close();
        services.catalog().close();
    }

    private final class Control implements SystemControl {

        private final Instant started = Instant.now();

        @Override
        public SequencedMap<String, String> versions() {
            SequencedMap<String, String> versions = new LinkedHashMap<>();
            versions.put("product", "tidegate test");
            return versions;
        }

        @Override
        public SequencedMap<String, String> addresses() {
            return new LinkedHashMap<>();
        }

        @Override
        public List<String> hostKeys() {
            return List.of();
        }

        @Override
        public Instant startedAt() {
            return started;
        }

        @Override
        public List<Check> health() {
            return List.of(new Check("test", true, "it runs", Optional.empty()));
        }

        @Override
        public String metrics() {
            return "# HELP a_total x\na_total{lun=\"db01\",x=\"a b\"} 12.0\nb 3\n";
        }

        @Override
        public void shutdown() {
            shutdown.set(true);
        }
    }

    /** A pool whose faults are made up; all else is the pool's. */
    private VolumeStore troubled(Pool pool) {
        return (VolumeStore)
                Proxy.newProxyInstance(
                        VolumeStore.class.getClassLoader(),
                        new Class<?>[] {VolumeStore.class},
                        new Troubled(pool));
    }

    private final class Troubled implements InvocationHandler {
        private final Pool pool;

        Troubled(Pool pool) {
            this.pool = pool;
        }

        @Override
        public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments)
                throws Throwable {
            if (method.getName().equals("trouble")) {
                return trouble.get();
            }
            try {
                return method.invoke(pool, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }
    }

    private static Pool pool(VolumeStore store) {
        return ((Troubled) Proxy.getInvocationHandler(store)).pool;
    }

    private final class Stores implements StoreProvider {
        @Override
        public VolumeStore create(PoolRecord pool) throws StoreException {
            return troubled(
                    Pool.create(
                            pool.path(),
                            PoolOptions.fast(pool.sizeBytes())
                                    .withGrainBytes(pool.grainBytes())
                                    .withChecksums(pool.checksums())));
        }

        @Override
        public VolumeStore open(PoolRecord pool) throws StoreException {
            return troubled(Pool.open(pool.path(), PoolOpenOptions.standard()));
        }

        @Override
        public void reopen(VolumeStore store, boolean acknowledgeLoss) throws StoreException {
            pool(store).reopen(acknowledgeLoss);
        }

        @Override
        public StoreCheck check(VolumeStore store) throws StoreException {
            PoolCheckReport report = pool(store).check();
            LinkedHashMap<String, Long> counts = new LinkedHashMap<>();
            counts.put("metadataPages", report.nodes());
            return new StoreCheck(counts, report.problems());
        }

        @Override
        public ScrubReport scrub(VolumeStore store, ScrubControl control) {
            return scrub.get();
        }

        @Override
        public void grow(VolumeStore store, long sizeBytes) {
            grown.set(sizeBytes);
        }

        @Override
        public void grow(VolumeStore store, List<Path> devices) {
            throw new UnsupportedOperationException("its pools lie in files");
        }
    }
}
