package io.tidegate.presentation;

import io.tidegate.audit.Request;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.SecretBox;
import io.tidegate.catalog.ServiceException;
import io.tidegate.event.EventLog;
import io.tidegate.volume.ActLocks;
import io.tidegate.volume.PoolService;
import io.tidegate.volume.PoolSpec;
import io.tidegate.volume.PoolTier;
import io.tidegate.volume.VolumeBin;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeService;
import io.tidegate.volume.VolumeSpec;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/** The services around one catalog and real pools, with a clock that tests set. */
public final class House implements AutoCloseable {

    /** A clock that stands until it is moved. */
    public static final class TestClock extends Clock {
        private volatile Instant now = Instant.parse("2026-11-22T02:00:00Z");

        public void forward(Duration by) {
            now = now.plus(by);
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    /** What hosts were told. */
    public static final class Heard implements LunListener {
        public final List<String> all = new ArrayList<>();

        @Override
        public synchronized void lunsChanged(String targetName, String host) {
            all.add("luns " + host);
        }

        @Override
        public synchronized void unitChanged(LogicalUnit unit, UnitChange change) {
            all.add(change + " " + unit.name() + " " + unit.state());
        }

        @Override
        public synchronized void unitRemoved(LogicalUnit unit) {
            all.add("removed " + unit.name());
        }
    }

    public static final Request WHO = Request.system("test");
    public static final Duration GRACE = Duration.ofHours(24);
    public static final Duration QUARANTINE = Duration.ofHours(1);
    public static final long MIB = 1 << 20;

    public final TestClock clock;
    public final KillingStores stores;
    public final Catalog catalog;
    public final SecretBox box;
    public final EventLog events;
    public final PoolService pools;
    public final Presentation presentation;
    public final ActLocks locks = new ActLocks();
    public final VolumeService volumes;
    public final VolumeBin bin;
    public final HostService hosts;
    public final TargetService targets;
    public final LunService luns;
    public final Heard heard = new Heard();

    public House(Path folder, TestClock clock) throws Exception {
        this.clock = clock;
        catalog = Catalog.open(folder.resolve("catalog.db"), clock);
        stores = new KillingStores(catalog);
        box = SecretBox.open(folder.resolve("secret.key"));
        events = new EventLog(catalog, 100);
        pools = new PoolService(catalog, stores, events);
        presentation = new Presentation(catalog, pools, box, new Identities("02a1b2"));
        volumes = new VolumeService(catalog, pools, presentation, locks);
        bin = volumes.bin(GRACE);
        hosts = new HostService(catalog, box, presentation);
        targets = new TargetService(catalog, presentation);
        luns = new LunService(catalog, presentation, locks, QUARANTINE, Duration.ofMillis(50));
        pools.start();
        bin.reconcile();
        targets.ensureFirst();
        presentation.start();
        presentation.addListener(heard);
    }

    public static House first(Path folder) throws Exception {
        House house = new House(folder, new TestClock());
        house.pool(folder, "fast", PoolTier.FAST);
        return house;
    }

    public void pool(Path folder, String name, PoolTier tier) throws ServiceException {
        pools.create(WHO, PoolSpec.of(name, tier, folder.resolve("pool-" + name), 256 * MIB));
    }

    public VolumeRecord volume(String name) throws ServiceException {
        return volumes.create(WHO, VolumeSpec.of(name, "fast", 16 * MIB));
    }

    public HostInfo host(String name) throws ServiceException {
        return hosts.create(
                WHO,
                new HostSpec(
                        name,
                        List.of("iqn.1998-01.com.example:" + name),
                        false,
                        HostOs.LINUX,
                        java.util.Optional.empty()));
    }

    public String target() {
        return targets.list().getFirst().name();
    }

    public LunView view(String host) {
        return presentation.luns(target(), "iqn.1998-01.com.example:" + host);
    }

    /** As after a crash: nothing is put in order, but the process gives up its files. */
    public void crash() {
        pools.close();
        catalog.close();
    }

    @Override
    public void close() {
        presentation.close();
        pools.close();
        catalog.close();
    }
}
