package io.tidegate.recovery;

import io.tidegate.audit.Request;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.Names;
import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.Tx;
import io.tidegate.job.JobContext;
import io.tidegate.recovery.QrvService.Create;
import io.tidegate.recovery.QrvService.CreateJob;
import io.tidegate.snapshot.SnapshotInfo;
import io.tidegate.snapshot.SnapshotService;
import io.tidegate.snapshot.Snapshots;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeKind;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeRows;
import io.tidegate.volume.VolumeService;
import io.tidegate.volume.VolumeSpec;
import io.tidegate.volume.VolumeStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses what a new QRV is made of, makes its volume and row, and takes them back. */
final class QrvCreation {

    private static final Logger log = LoggerFactory.getLogger(QrvCreation.class);

    private final Catalog catalog;
    private final VolumeService volumes;
    private final Snapshots snapshots;
    private final SnapshotService snapshotService;
    private final Refresher refresher;
    private final QrvPools pools;

    QrvCreation(RecoveryParts parts, Refresher refresher, QrvPools pools) {
        this.catalog = parts.catalog();
        this.volumes = parts.volumes();
        this.snapshots = parts.snapshots();
        this.snapshotService = parts.snapshotService();
        this.refresher = refresher;
        this.pools = pools;
    }

    /** The source by name, if it can have a QRV. */
    VolumeRecord source(String name) throws ServiceException {
        VolumeRecord volume =
                catalog.<VolumeRecord, ServiceException>read(
                        handle -> VolumeRows.usable(handle, Names.fold(name)));
        if (volume.kind() == VolumeKind.QRV) {
            throw ServiceException.conflict(
                    "no QRV of " + name + " is made",
                    "it is a QRV itself",
                    "make one of its source");
        }
        return volume;
    }

    /** The order with all names chosen and checked. */
    CreateJob resolve(Create create, VolumeRecord source) throws ServiceException {
        String name =
                create.name().isPresent()
                        ? Names.check("QRV", create.name().get())
                        : freeName(source.name());
        checkFree(name);
        String pool = pools.choose(create.pool(), source);
        String from = null;
        if (create.fromSnapshot().isPresent()) {
            SnapshotInfo snapshot = snapshotService.show(create.fromSnapshot().get());
            if (!snapshot.volume().equals(source.id())
                    || snapshots.ready(snapshot.id()).isEmpty()) {
                throw ServiceException.invalid(
                        "no QRV of " + source.name() + " is made from " + snapshot.name(),
                        "it is no ready snapshot of this volume",
                        "snapshot list --volume " + source.name());
            }
            from = snapshot.id().toString();
        }
        String message = "no QRV of " + source.name() + " is made";
        pools.admit(pool, message);
        if (from == null) {
            volumes.admit(source, message);
        }
        return new CreateJob(source.id().toString(), name, pool, from);
    }

    private String freeName(String volume) {
        List<String> taken =
                catalog.<List<String>, RuntimeException>read(
                        handle -> {
                            List<String> names = new ArrayList<>();
                            VolumeRows.all(handle).forEach(v -> names.add(v.name()));
                            QrvRows.all(handle).stream()
                                    .filter(q -> q.state() != QrvState.DESTROYED)
                                    .forEach(q -> names.add(q.name()));
                            return names;
                        });
        int n = 1;
        while (taken.contains(volume + "-q" + n)) {
            n++;
        }
        return volume + "-q" + n;
    }

    private void checkFree(String name) throws ServiceException {
        boolean taken =
                catalog.<Boolean, RuntimeException>read(
                        handle ->
                                VolumeRows.byName(handle, name).isPresent()
                                        || liveByName(handle, name).isPresent());
        if (taken) {
            throw ServiceException.conflict(
                    "no QRV " + name + " is made",
                    "a volume or QRV has this name",
                    "choose another --name",
                    "qrv show " + name);
        }
    }

    private static Optional<QrvRow> liveByName(Handle handle, String name) {
        return QrvRows.byName(handle, name).filter(row -> row.state() != QrvState.DESTROYED);
    }

    /** The volume and the row of the new QRV; those that an earlier run made are taken. */
    QrvRow makeRow(JobContext job, CreateJob order) throws ServiceException {
        Optional<QrvRow> there =
                catalog.<Optional<QrvRow>, RuntimeException>read(
                        handle -> liveByName(handle, order.name()));
        if (there.isPresent()) {
            return there.get();
        }
        job.phase("make volume");
        VolumeRecord source = volumes.find(VolumeId.of(order.volume()));
        VolumeRecord volume = makeVolume(job, order, source);
        QrvId id = QrvId.random();
        catalog.<Object, RuntimeException>change(
                job.request(),
                "qrv:" + order.name(),
                tx -> {
                    insert(tx, id, order, source, volume);
                    return id;
                });
        return refresher.row(id);
    }

    private VolumeRecord makeVolume(JobContext job, CreateJob order, VolumeRecord source)
            throws ServiceException {
        Optional<VolumeRecord> made =
                catalog.<Optional<VolumeRecord>, RuntimeException>read(
                        handle -> VolumeRows.byName(handle, order.name()));
        if (made.isPresent() && made.get().kind() == VolumeKind.QRV && made.get().usable()) {
            return made.get(); // by the run that was cut off
        }
        return volumes.create(
                job.request(),
                VolumeSpec.like(source, order.name(), order.pool()).asThin(),
                VolumeKind.QRV,
                VolumeStore::createVolume);
    }

    private static void insert(
            Tx tx, QrvId id, CreateJob order, VolumeRecord source, VolumeRecord volume) {
        QrvRow row =
                new QrvRow(
                        id,
                        order.name(),
                        source.id(),
                        volume.id(),
                        volume.pool(),
                        QrvState.CREATING,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        0,
                        tx.now(),
                        Optional.empty(),
                        Optional.empty(),
                        0,
                        0);
        QrvRows.insert(tx.handle(), row);
        if (order.fromSnapshot() != null) {
            SnapshotId from = SnapshotId.of(order.fromSnapshot());
            Snapshots.hold(tx, from, row.holdReason());
            QrvRows.setPending(tx.handle(), id, from, null, 1);
        }
        tx.note("source", source.name()).note("volume", volume.id().toString());
    }

    /** After a failure or a cancel: nothing of the new QRV stays. */
    void takeBack(String name, QrvBin bin) {
        Optional<QrvRow> row =
                catalog.<Optional<QrvRow>, RuntimeException>read(
                        handle -> liveByName(handle, name));
        if (row.isPresent() && row.get().state() == QrvState.CREATING) {
            try {
                bin.destroy(Request.system("take back qrv create " + name), row.get());
            } catch (ServiceException e) {
                log.warn("QRV {} is not yet taken back: {} ({})", name, e.getMessage(), e.why());
            }
        }
    }
}
