package io.tidegate.volume;

import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.ServiceException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The first steps of a new pool: its row as an intent, then its store. */
final class PoolCreation {

    private final Catalog catalog;
    private final StoreProvider provider;

    PoolCreation(Catalog catalog, StoreProvider provider) {
        this.catalog = catalog;
        this.provider = provider;
    }

    PoolRecord intend(String name, PoolSpec spec) throws ServiceException {
        Path path = spec.path().toAbsolutePath().normalize();
        List<Path> devices = devices(name, spec);
        return catalog.<PoolRecord, ServiceException>housekeeping(
                tx -> {
                    if (PoolRows.byName(tx.handle(), name).isPresent()) {
                        throw ServiceException.conflict(
                                "pool " + name + " is not made",
                                "there is a pool of this name",
                                "choose another name",
                                "pool show " + name);
                    }
                    if (PoolRows.pathTaken(tx.handle(), path)) {
                        throw ServiceException.conflict(
                                "pool " + name + " is not made",
                                "another pool lives in " + path,
                                "choose another --path");
                    }
                    for (Path device : devices) {
                        if (PoolRows.deviceTaken(tx.handle(), device)) {
                            throw ServiceException.conflict(
                                    "pool " + name + " is not made",
                                    device + " is a device of another pool",
                                    "choose another --device",
                                    "pool list -o wide");
                        }
                    }
                    PoolRecord pool =
                            new PoolRecord(
                                    PoolId.random(),
                                    name,
                                    spec.tier(),
                                    path,
                                    devices,
                                    spec.grainBytes(),
                                    spec.sizeBytes(),
                                    spec.checksums(),
                                    PoolThresholds.DEFAULT,
                                    Optional.empty(),
                                    false,
                                    tx.now());
                    PoolRows.insert(tx, pool);
                    return pool;
                });
    }

    private static List<Path> devices(String name, PoolSpec spec) throws ServiceException {
        List<Path> devices = distinct("pool " + name + " is not made", spec.devices());
        if (devices.isEmpty() && spec.sizeBytes() == 0) {
            throw ServiceException.invalid(
                    "pool " + name + " is not made",
                    "it has neither a size nor devices",
                    "give a --size, or a --device");
        }
        return devices;
    }

    /** Devices by their absolute names, each once. */
    static List<Path> distinct(String failure, List<Path> named) throws ServiceException {
        List<Path> devices = named.stream().map(d -> d.toAbsolutePath().normalize()).toList();
        if (devices.stream().distinct().count() < devices.size()) {
            throw ServiceException.invalid(
                    failure, "a device is named twice", "name each --device once");
        }
        return devices;
    }

    /** After anything but a clear refusal the row stays, and the next start looks for remains. */
    VolumeStore make(PoolRecord pool) throws ServiceException {
        try {
            return provider.create(pool);
        } catch (StoreException e) {
            takeBack(pool);
            throw StoreFailures.of(e, "pool " + pool.name() + " is not made");
        } catch (IllegalArgumentException e) {
            takeBack(pool);
            throw ServiceException.invalid(
                    "pool " + pool.name() + " is not made",
                    String.valueOf(e.getMessage()),
                    "choose other values for --size and --grain");
        }
    }

    private void takeBack(PoolRecord pool) {
        catalog.housekeeping(
                tx -> {
                    PoolRows.delete(tx, pool.id());
                    return 0;
                });
    }
}
