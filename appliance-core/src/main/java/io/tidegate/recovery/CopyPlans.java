package io.tidegate.recovery;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.ServiceException;
import io.tidegate.snapshot.SnapshotInfo;
import io.tidegate.snapshot.SnapshotState;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreFailures;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeRecord;
import java.util.Optional;

/**
 * Says which way a host's copy would go, and why no faster one. Thread-safe.
 *
 * <p>A host's copy, that is: a QRV is copied by bytes always, see {@link Refresher}.
 */
public final class CopyPlans {

    /**
     * What a copy would be.
     *
     * @param from name of the volume or snapshot
     * @param to name of the volume
     * @param bytes of the source
     */
    public record Plan(String from, String to, long bytes, Mover.Ways ways) {}

    private final RecoveryParts parts;
    private final Catalog catalog;

    public CopyPlans(RecoveryParts parts) {
        this.parts = parts;
        this.catalog = parts.catalog();
    }

    /**
     * Plans a copy of all of a volume or snapshot to the start of a volume. Changes nothing.
     *
     * @param from a volume, or a snapshot as {@code volume@name}
     */
    public Plan plan(String from, String to) throws ServiceException {
        VolumeRecord destination = RecoverService.usable(catalog, to);
        refuseQrv(destination);
        if (from.contains("@")) {
            SnapshotInfo snapshot = parts.snapshotService().show(from);
            if (snapshot.state() != SnapshotState.READY) {
                throw ServiceException.conflict(
                        snapshot.name() + " is no source",
                        "it is in the bin or gone",
                        "snapshot undelete " + snapshot.name());
            }
            try (BlockDevice source = parts.snapshots().open(snapshot)) {
                return plan(snapshot.name(), snapshot.sizeBytes(), source, destination);
            } catch (DeviceException e) {
                throw StoreFailures.of(e, "snapshot " + snapshot.name() + " is not closed");
            }
        }
        VolumeRecord volume = RecoverService.usable(catalog, from);
        try (BlockDevice source = open(volume)) {
            return plan(volume.name(), volume.sizeBytes(), source, destination);
        } catch (DeviceException e) {
            throw StoreFailures.of(e, "volume " + volume.name() + " is not closed");
        }
    }

    private Plan plan(String from, long bytes, BlockDevice source, VolumeRecord to)
            throws ServiceException {
        if (to.sizeBytes() < bytes) {
            throw ServiceException.conflict(
                    from + " does not fit into volume " + to.name(),
                    "it has " + bytes + " bytes, the volume " + to.sizeBytes(),
                    "volume resize " + to.name());
        }
        try (VolumeDevice destination = open(to)) {
            return new Plan(from, to.name(), bytes, parts.mover().ways(source, destination, bytes));
        } catch (DeviceException e) {
            throw StoreFailures.of(e, "volume " + to.name() + " is not closed");
        }
    }

    private VolumeDevice open(VolumeRecord volume) throws ServiceException {
        try {
            return parts.volumes().store(volume).openVolume(volume.id());
        } catch (StoreException e) {
            throw StoreFailures.of(e, "volume " + volume.name() + " cannot be opened");
        }
    }

    /** The volume of a QRV is written by its refreshes alone, until it is promoted. */
    private void refuseQrv(VolumeRecord to) throws ServiceException {
        Optional<QrvRow> qrv =
                catalog.<Optional<QrvRow>, RuntimeException>read(
                        handle -> QrvRows.byVolume(handle, to.id()));
        if (qrv.isPresent() && qrv.get().state() != QrvState.PROMOTED) {
            throw ServiceException.conflict(
                    "volume " + to.name() + " is no destination",
                    "QRV " + qrv.get().name() + " keeps its copy there",
                    "qrv refresh " + qrv.get().name());
        }
    }
}
