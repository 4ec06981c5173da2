package io.tidegate.recovery;

import io.tidegate.block.DeviceException;
import io.tidegate.catalog.ServiceException;
import io.tidegate.snapshot.Apart;
import io.tidegate.snapshot.SnapshotInfo;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeStore;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What plans ask of a live volume: whether it can be read, and how much changed since a point. */
final class ChangedSince {

    private static final Logger log = LoggerFactory.getLogger(ChangedSince.class);

    private final RecoveryParts parts;

    ChangedSince(RecoveryParts parts) {
        this.parts = parts;
    }

    /** Whether the first block of the volume can be read now. */
    boolean readable(VolumeRecord volume) {
        return Apart.<Boolean, RuntimeException>call("plan-read", () -> read(volume));
    }

    private boolean read(VolumeRecord volume) {
        try (VolumeDevice device = parts.volumes().store(volume).openVolume(volume.id())) {
            device.read(0, ByteBuffer.allocateDirect(device.geometry().logicalBlockBytes()));
            return true;
        } catch (ServiceException | StoreException | DeviceException e) {
            log.info("volume {} cannot be read: {}", volume.name(), e.getMessage());
            return false;
        }
    }

    /**
     * Bytes that were written or discarded since a snapshot; empty when the volume cannot tell. A
     * snapshot of the present is made for it and removed at once.
     */
    Optional<Long> bytes(VolumeRecord volume, Optional<SnapshotInfo> since) {
        if (since.isEmpty() || !since.get().volume().equals(volume.id())) {
            return Optional.empty();
        }
        return Apart.<Optional<Long>, RuntimeException>call(
                "plan-diff", () -> count(volume, since.get()));
    }

    private Optional<Long> count(VolumeRecord volume, SnapshotInfo since) {
        try {
            VolumeStore store = parts.volumes().store(volume);
            return parts.snapshots()
                    .passing(
                            volume,
                            now -> Optional.of(tally(store, since.id(), now).changedBytes()));
        } catch (ServiceException | StoreException | DeviceException e) {
            log.info("changes of {} are not known: {}", volume.name(), e.getMessage());
            return Optional.empty();
        }
    }

    private static Tally tally(VolumeStore store, SnapshotId from, SnapshotId to)
            throws StoreException, DeviceException {
        return Tally.of(store.diff(from, to, 0));
    }
}
