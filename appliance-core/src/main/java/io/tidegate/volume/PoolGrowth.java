package io.tidegate.volume;

import io.tidegate.audit.Request;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.ServiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a pool larger, its store and its row. Whoever calls holds the pool's lock. */
final class PoolGrowth {

    private static final Logger log = LoggerFactory.getLogger(PoolGrowth.class);

    private final Catalog catalog;
    private final StoreProvider provider;

    PoolGrowth(Catalog catalog, StoreProvider provider) {
        this.catalog = catalog;
        this.provider = provider;
    }

    void toSize(Request who, PoolRecord pool, VolumeStore store, long sizeBytes)
            throws ServiceException {
        long before = store.status().totalBytes();
        if (sizeBytes < before) {
            throw ServiceException.invalid(
                    failure(pool),
                    "pools do not shrink; it has " + before + " bytes",
                    "give a larger --size");
        }
        if (sizeBytes > before) {
            try {
                provider.grow(store, sizeBytes);
            } catch (StoreException e) {
                throw StoreFailures.of(e, failure(pool));
            } catch (IllegalArgumentException e) {
                throw ServiceException.invalid(
                        failure(pool), String.valueOf(e.getMessage()), "give another --size");
            }
        }
        record(who, pool, store, before, List.of());
    }

    void byDevices(Request who, PoolRecord pool, VolumeStore store, List<Path> named)
            throws ServiceException {
        String failure = failure(pool);
        if (pool.devices().isEmpty()) {
            throw ServiceException.invalid(
                    failure, "it lies in files, not on devices", "give a larger --size");
        }
        List<Path> devices = PoolCreation.distinct(failure, named);
        for (Path device : devices) {
            requireDevice(failure, device);
        }
        long before = store.status().totalBytes();
        List<Path> added = intend(pool, devices);
        try {
            provider.grow(store, devices);
        } catch (StoreException e) {
            if (refused(e)) {
                takeBack(pool, added);
            }
            throw StoreFailures.of(e, failure);
        }
        record(who, pool, store, before, devices);
    }

    /** A name that can be no device is not put down for the pool. */
    private static void requireDevice(String failure, Path device) throws ServiceException {
        boolean special;
        try {
            special = Files.readAttributes(device, BasicFileAttributes.class).isOther();
        } catch (IOException e) {
            throw ServiceException.invalid(
                    failure, device + " cannot be looked at: " + e, "name a device that is there");
        }
        if (!special) {
            throw ServiceException.invalid(
                    failure, device + " is no block device", "name a whole disk or a partition");
        }
    }

    /** Whether the store has left everything as it was; after anything else it may have labels. */
    private static boolean refused(StoreException e) {
        return e.kind() == StoreException.Kind.LIMIT || e.kind() == StoreException.Kind.EXISTS;
    }

    /** The devices that the pool's row did not have yet. */
    private List<Path> intend(PoolRecord pool, List<Path> devices) throws ServiceException {
        List<Path> added = new ArrayList<>(devices);
        added.removeAll(pool.devices());
        return catalog.<List<Path>, ServiceException>housekeeping(
                tx -> {
                    int position = pool.devices().size();
                    for (Path device : added) {
                        if (PoolRows.deviceTaken(tx.handle(), device)) {
                            throw ServiceException.conflict(
                                    failure(pool),
                                    device + " is a device of another pool",
                                    "choose another --device",
                                    "pool list -o wide");
                        }
                        PoolRows.insertDevice(tx, pool.id(), position++, device);
                    }
                    return added;
                });
    }

    private void takeBack(PoolRecord pool, List<Path> added) {
        catalog.housekeeping(
                tx -> {
                    added.forEach(device -> PoolRows.deleteDevice(tx, pool.id(), device));
                    return 0;
                });
    }

    private void record(
            Request who, PoolRecord pool, VolumeStore store, long before, List<Path> devices)
            throws ServiceException {
        long after = store.status().totalBytes();
        catalog.change(
                who,
                "pool:" + pool.name(),
                tx -> {
                    PoolRows.setSize(tx, pool.id(), after);
                    tx.note("before", before).note("after", after);
                    if (!devices.isEmpty()) {
                        tx.note("devices", devices.toString());
                    }
                    return 0;
                });
        log.info("pool {} has {} bytes instead of {}", pool.name(), after, before);
    }

    private static String failure(PoolRecord pool) {
        return "pool " + pool.name() + " does not grow";
    }
}
