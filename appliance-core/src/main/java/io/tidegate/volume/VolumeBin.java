package io.tidegate.volume;

import io.tidegate.audit.AuditResult;
import io.tidegate.audit.Request;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.ServiceException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes volumes in two steps: into the bin, where they keep everything and are offered to nobody,
 * and out of it for good. Purging goes: row {@code purging} - store - row gone; once it says {@code
 * purging} it goes through, over any number of restarts.
 */
public final class VolumeBin {

    private static final Logger log = LoggerFactory.getLogger(VolumeBin.class);

    private final Catalog catalog;
    private final VolumeService volumes;
    private final VolumeUnits units;
    private final Duration grace;

    VolumeBin(Catalog catalog, VolumeService volumes, VolumeUnits units, Duration grace) {
        this.catalog = catalog;
        this.volumes = volumes;
        this.units = units;
        this.grace = grace;
    }

    /**
     * Puts a volume into the bin. One that is there already stays as it is.
     *
     * @throws ServiceException {@code BUSY} with everything that needs the volume
     */
    public VolumeRecord delete(Request who, String name) throws ServiceException {
        VolumeRecord volume = volumes.find(name);
        if (volume.state() == VolumeState.DELETED) {
            return volume;
        }
        String object = "volume:" + volume.name();
        try (ActLocks.Held held = volumes.hold(volume, "delete")) {
            catalog.<Integer, ServiceException>change(
                    who,
                    object,
                    tx -> {
                        VolumeRecord now = VolumeRows.usable(tx.handle(), volume.name());
                        checkFree(tx.handle(), now, "deleted");
                        Instant until = tx.now().plus(grace);
                        VolumeRows.setBin(tx, now.id(), VolumeState.DELETED, tx.now(), until);
                        tx.note("purgeAfter", until.toString());
                        return 0;
                    });
            units.refresh(volume.id());
            return volumes.find(volume.id());
        } catch (ServiceException e) {
            throw catalog.recorded(who, object, e);
        }
    }

    /** Takes a volume out of the bin as it was. */
    public VolumeRecord undelete(Request who, String name) throws ServiceException {
        VolumeRecord volume = volumes.find(name);
        if (volume.usable()) {
            return volume;
        }
        String object = "volume:" + volume.name();
        try (ActLocks.Held held = volumes.hold(volume, "undelete")) {
            catalog.<Integer, ServiceException>change(
                    who,
                    object,
                    tx -> {
                        requireState(tx.handle(), volume.id(), "taken out of the bin");
                        VolumeRows.setBin(tx, volume.id(), VolumeState.READY, null, null);
                        return 0;
                    });
            units.refresh(volume.id());
            return volumes.find(volume.id());
        } catch (ServiceException e) {
            throw catalog.recorded(who, object, e);
        }
    }

    /**
     * Deletes a volume in the bin for good, with its snapshots.
     *
     * @throws ServiceException nothing changed; or {@code DEVICE}: the volume is out of reach, its
     *     space comes back at the next start
     */
    public void purge(Request who, String name) throws ServiceException {
        VolumeRecord volume = volumes.find(name);
        String object = "volume:" + volume.name();
        try (ActLocks.Held held = volumes.hold(volume, "purge")) {
            catalog.<Integer, ServiceException>change(
                    who,
                    object,
                    tx -> {
                        VolumeRecord now = requireState(tx.handle(), volume.id(), "purged");
                        checkFree(tx.handle(), now, "purged");
                        VolumeRows.setState(tx, now.id(), VolumeState.PURGING);
                        tx.note("id", now.id().toString()).note("size", now.sizeBytes());
                        return 0;
                    });
            finishPurge(volume);
        } catch (ServiceException e) {
            throw catalog.recorded(who, object, e);
        }
    }

    private VolumeRecord requireState(Handle handle, VolumeId id, String act)
            throws ServiceException {
        VolumeRecord now = VolumeService.reread(handle, id);
        if (now.state() != VolumeState.DELETED) {
            throw ServiceException.conflict(
                    "volume " + now.name() + " is not " + act,
                    "it is " + VolumeRows.words(now.state()) + ", not in the bin",
                    now.usable() ? "volume delete " + now.name() : "volume show " + now.name());
        }
        return now;
    }

    private void checkFree(Handle handle, VolumeRecord volume, String act) throws ServiceException {
        List<String> heldBy = volumes.heldBy(handle, volume.id());
        if (!heldBy.isEmpty()) {
            throw ServiceException.busy(
                    "volume " + volume.name() + " is not " + act,
                    "held by " + String.join("; ", heldBy),
                    "take these away, then repeat",
                    "volume show " + volume.name());
        }
    }

    private void finishPurge(VolumeRecord volume) throws ServiceException {
        try {
            volumes.store(volume).deleteVolume(volume.id());
        } catch (StoreException e) {
            if (e.kind() != StoreException.Kind.NOT_FOUND) {
                throw StoreFailures.of(
                        e, "volume " + volume.name() + " is purged, its space is not yet back");
            }
        }
        catalog.housekeeping(
                tx -> {
                    for (VolumeDependents others : volumes.dependents()) {
                        others.purged(tx, volume.id());
                    }
                    units.purged(tx, volume);
                    VolumeRows.delete(tx, volume.id());
                    return 0;
                });
        log.info("volume {} ({}) is purged", volume.name(), volume.id());
    }

    /**
     * Purges what has been in the bin for longer than its time; what is held stays and is told.
     *
     * @return how many were purged
     */
    public int purgeExpired() {
        int purged = 0;
        long now = catalog.clock().millis();
        for (VolumeRecord volume : catalog.read(VolumeRows::all)) {
            if (volume.state() == VolumeState.PURGING) {
                goOn(volume);
            }
            boolean due =
                    volume.state() == VolumeState.DELETED
                            && volume.purgeAfter().isPresent()
                            && volume.purgeAfter().get().toEpochMilli() <= now;
            if (due) {
                try {
                    purge(Request.system("purge after bin.grace"), volume.name());
                    purged++;
                } catch (ServiceException e) {
                    log.warn("volume {} stays in the bin: {}", volume.name(), e.why());
                }
            }
        }
        return purged;
    }

    /** A purge that the store failed in. */
    private void goOn(VolumeRecord volume) {
        try (ActLocks.Held held = volumes.hold(volume, "purge")) {
            finishPurge(volume);
        } catch (ServiceException e) {
            log.warn("volume {} is still being purged: {}", volume.name(), e.why());
        }
    }

    /**
     * Puts right what a crash left; once, at start, before hosts are let in. A volume that was
     * being made is taken back, for nobody was told that it exists; one that was being purged is
     * purged.
     */
    public void reconcile() {
        for (VolumeRecord volume : catalog.read(VolumeRows::all)) {
            try {
                switch (volume.state()) {
                    case CREATING -> takeBack(volume);
                    case PURGING -> finishPurge(volume);
                    case READY, OFFLINE, DELETED -> {}
                }
            } catch (ServiceException e) {
                log.warn(
                        "volume {} ({}) stays {}: {}",
                        volume.name(),
                        volume.id(),
                        volume.state().text(),
                        e.why());
            }
        }
    }

    private void takeBack(VolumeRecord volume) throws ServiceException {
        try {
            volumes.store(volume).deleteVolume(volume.id());
        } catch (StoreException e) {
            if (e.kind() != StoreException.Kind.NOT_FOUND) {
                throw StoreFailures.of(e, "volume " + volume.name() + " is not taken back");
            }
        }
        catalog.housekeeping(
                tx -> {
                    VolumeRows.delete(tx, volume.id());
                    return 0;
                });
        catalog.record(
                Request.system("take back volume create " + volume.name()),
                "volume:" + volume.name(),
                AuditResult.FAILED,
                "its creation was cut off");
    }
}
