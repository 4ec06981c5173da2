package io.tidegate.recovery;

import io.tidegate.audit.Request;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.ServiceException;
import io.tidegate.snapshot.SnapshotInfo;
import io.tidegate.snapshot.Snapshots;
import io.tidegate.volume.VolumeBin;
import io.tidegate.volume.VolumeKind;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeRows;
import io.tidegate.volume.VolumeService;
import io.tidegate.volume.VolumeState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes QRVs in two steps. Destroying one goes: row {@code destroyed}, snapshots let go - volume
 * into the bin - volume purged; a crash between leaves a volume of a destroyed QRV, which {@link
 * #prune} finds.
 */
final class QrvBin {

    private static final Logger log = LoggerFactory.getLogger(QrvBin.class);

    private final Catalog catalog;
    private final VolumeService volumes;
    private final VolumeBin volumeBin;
    private final Snapshots snapshots;
    private final Duration grace;

    QrvBin(RecoveryParts parts) {
        this.catalog = parts.catalog();
        this.volumes = parts.volumes();
        this.volumeBin = parts.volumes().bin(parts.binGrace());
        this.snapshots = parts.snapshots();
        this.grace = parts.binGrace();
    }

    /** Why a QRV cannot be deleted now, in words. */
    List<String> obstacles(QrvRow row) {
        List<String> obstacles = new ArrayList<>();
        switch (row.state()) {
            case PROMOTED -> obstacles.add("its volume is the primary now");
            case PROMOTING -> obstacles.add("a promotion is under way");
            case CREATING, READY, REFRESHING, DELETED, DESTROYED -> {}
        }
        for (SnapshotInfo snapshot : snapshots.ofVolume(row.volume())) {
            snapshot.heldBy().stream()
                    .filter(reason -> !reason.equals(row.holdReason()))
                    .forEach(reason -> obstacles.add(snapshot.name() + ": " + reason));
        }
        return obstacles;
    }

    QrvRow delete(Request request, QrvRow row) throws ServiceException {
        if (row.state() == QrvState.DELETED || row.state() == QrvState.DESTROYED) {
            return row;
        }
        checkFree(row, "deleted");
        if (row.point().isEmpty()) {
            throw ServiceException.conflict(
                    "QRV " + row.name() + " is not deleted",
                    "it is still being made",
                    "job cancel of its job, which takes it back");
        }
        catalog.<Object, RuntimeException>change(
                request,
                "qrv:" + row.name(),
                tx -> {
                    long until = tx.now().plus(grace).toEpochMilli();
                    QrvRows.setBin(tx.handle(), row.id(), QrvState.DELETED, tx.nowMillis(), until);
                    return row;
                });
        return reread(row);
    }

    QrvRow undelete(Request request, QrvRow row) throws ServiceException {
        if (row.state() != QrvState.DELETED) {
            throw QrvService.notNow(row, "is not in the bin");
        }
        QrvState back = row.pendingBase().isPresent() ? QrvState.REFRESHING : QrvState.READY;
        catalog.<Object, RuntimeException>change(
                request,
                "qrv:" + row.name(),
                tx -> {
                    QrvRows.setBin(tx.handle(), row.id(), back, null, null);
                    return row;
                });
        return reread(row);
    }

    void purge(Request request, QrvRow row) throws ServiceException {
        if (row.state() == QrvState.DESTROYED) {
            return;
        }
        checkFree(row, "purged");
        destroy(request, row);
    }

    private void checkFree(QrvRow row, String act) throws ServiceException {
        List<String> obstacles = obstacles(row);
        if (!obstacles.isEmpty()) {
            throw ServiceException.busy(
                    "QRV " + row.name() + " is not " + act,
                    String.join("; ", obstacles),
                    "take these away, then repeat",
                    "qrv show " + row.name());
        }
    }

    /** Destroys a QRV that nothing needs, with its volume. */
    void destroy(Request request, QrvRow row) throws ServiceException {
        catalog.<Object, RuntimeException>change(
                request,
                "qrv:" + row.name(),
                tx -> {
                    row.base().ifPresent(id -> Refresher.drop(tx, id, row.holdReason()));
                    row.point().ifPresent(id -> Refresher.drop(tx, id, row.holdReason()));
                    row.pendingBase().ifPresent(id -> Refresher.drop(tx, id, row.holdReason()));
                    row.pendingPoint().ifPresent(id -> Refresher.drop(tx, id, row.holdReason()));
                    QrvRows.setBin(tx.handle(), row.id(), QrvState.DESTROYED, tx.nowMillis(), null);
                    return row;
                });
        destroyVolume(request, row);
        snapshots.prune();
    }

    private boolean destroyVolume(Request request, QrvRow row) throws ServiceException {
        Optional<VolumeRecord> volume =
                catalog.<Optional<VolumeRecord>, RuntimeException>read(
                        handle -> VolumeRows.find(handle, row.volume()));
        if (volume.isEmpty() || volume.get().kind() != VolumeKind.QRV) {
            return false; // gone already, or a primary by now
        }
        if (volume.get().state() != VolumeState.DELETED) {
            volumeBin.delete(request, volume.get().name());
        }
        volumeBin.purge(request, volume.get().name());
        return true;
    }

    int prune() {
        Request system = Request.system("purge after bin.grace");
        int gone = 0;
        long now = catalog.clock().millis();
        for (QrvRow row :
                catalog.<List<QrvRow>, RuntimeException>read(
                        handle -> QrvRows.dueInBin(handle, now))) {
            gone +=
                    attempt(
                                    row,
                                    () -> {
                                        purge(system, row);
                                        return true;
                                    })
                            ? 1
                            : 0;
        }
        for (QrvRow row : catalog.<List<QrvRow>, RuntimeException>read(QrvRows::all)) {
            if (row.state() == QrvState.DESTROYED) {
                gone += attempt(row, () -> destroyVolume(system, row)) ? 1 : 0;
            }
        }
        return gone;
    }

    private interface Act {
        boolean run() throws ServiceException;
    }

    private static boolean attempt(QrvRow row, Act act) {
        try {
            return act.run();
        } catch (ServiceException e) {
            log.warn("QRV {} stays: {} ({})", row.name(), e.getMessage(), e.why());
            return false;
        }
    }

    private QrvRow reread(QrvRow row) {
        return catalog.<QrvRow, RuntimeException>read(
                handle ->
                        QrvRows.find(handle, row.id())
                                .orElseThrow(
                                        () -> new IllegalStateException("no row " + row.id())));
    }
}
