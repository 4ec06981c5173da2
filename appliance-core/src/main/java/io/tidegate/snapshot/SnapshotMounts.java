package io.tidegate.snapshot;

import io.tidegate.audit.Request;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.Names;
import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.Tx;
import io.tidegate.presentation.LunInfo;
import io.tidegate.presentation.LunService;
import io.tidegate.presentation.LunSpec;
import io.tidegate.presentation.Presentation;
import io.tidegate.presentation.UnitRecord;
import io.tidegate.presentation.UnitRows;
import io.tidegate.volume.PoolInfo;
import io.tidegate.volume.PoolService;
import io.tidegate.volume.VolumeBin;
import io.tidegate.volume.VolumeKind;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeRows;
import io.tidegate.volume.VolumeService;
import io.tidegate.volume.VolumeSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Shows snapshots to hosts: read-only as a logical unit of its own, shared by all hosts that mount
 * the same snapshot, or as a writable clone for one host.
 *
 * <p>Safe for concurrent calls from any thread.
 */
public final class SnapshotMounts {

    private static final int MAX_NAME = 58;

    private final Catalog catalog;
    private final PoolService pools;
    private final VolumeService volumes;
    private final VolumeBin bin;
    private final Presentation presentation;
    private final LunService luns;

    /**
     * @param bin where clones go when they are unmounted; they do not stay there
     */
    public SnapshotMounts(
            Catalog catalog,
            PoolService pools,
            VolumeService volumes,
            VolumeBin bin,
            Presentation presentation,
            LunService luns) {
        this.catalog = catalog;
        this.pools = pools;
        this.volumes = volumes;
        this.bin = bin;
        this.presentation = presentation;
        this.luns = luns;
    }

    /**
     * Mounts a ready snapshot.
     *
     * @param what the snapshot's or QRV's name, as the administrator gave it
     */
    public MountInfo mount(
            Request request,
            SnapshotInfo snapshot,
            String what,
            String host,
            Optional<String> target,
            Optional<Integer> lun,
            boolean writableClone)
            throws ServiceException {
        String hostName = Names.fold(host);
        checkFree(snapshot, what, hostName);
        LunSpec spec = new LunSpec(hostName, target, lun, !writableClone);
        if (writableClone) {
            return Apart.call(
                    "snapshot-clone", () -> mountClone(request, snapshot, what, hostName, spec));
        }
        catalog.<Object, ServiceException>change(
                request,
                "snapshot:" + snapshot.name(),
                tx -> {
                    UnitRecord unit = unitOf(tx, snapshot);
                    luns.mapUnit(tx, unit, spec);
                    SnapshotRows.insertMount(
                            tx.handle(),
                            new SnapshotRows.Mount(
                                    snapshot.id(), hostName, what, unit.id(), Optional.empty()),
                            tx.nowMillis());
                    Snapshots.hold(tx, snapshot.id(), reason(hostName));
                    return unit;
                });
        presentation.refresh(snapshot.volume());
        return find(snapshot, hostName);
    }

    private static String reason(String host) {
        return "mount:" + host;
    }

    private void checkFree(SnapshotInfo snapshot, String what, String host)
            throws ServiceException {
        boolean mounted =
                rows().stream()
                        .anyMatch(m -> m.snapshot().equals(snapshot.id()) && m.host().equals(host));
        if (mounted) {
            throw ServiceException.conflict(
                    what + " is not mounted again",
                    "host " + host + " has it already",
                    "lun list --host " + host);
        }
    }

    /** The unit that shows the snapshot; all hosts that mount it share it. */
    private UnitRecord unitOf(Tx tx, SnapshotInfo snapshot) {
        List<UnitRecord> there = UnitRows.mountsOf(tx.handle(), snapshot.id());
        if (!there.isEmpty()) {
            return there.getFirst();
        }
        VolumeRecord volume =
                VolumeRows.find(tx.handle(), snapshot.volume())
                        .orElseThrow(IllegalStateException::new);
        return presentation.insertMount(tx, snapshot.name(), volume, snapshot.id());
    }

    private MountInfo mountClone(
            Request request, SnapshotInfo snapshot, String what, String host, LunSpec spec)
            throws ServiceException {
        VolumeRecord origin = volumes.find(snapshot.volume());
        String name = cloneName(snapshot, host);
        VolumeRecord made =
                volumes.create(
                        request.withoutId(),
                        VolumeSpec.like(origin, name, pool(origin)).asThin(),
                        VolumeKind.VOLUME,
                        (store, id, shape) -> store.cloneSnapshot(snapshot.id(), id));
        boolean mapped = false;
        try {
            catalog.<Object, ServiceException>change(
                    request,
                    "snapshot:" + snapshot.name(),
                    tx -> {
                        UnitRecord unit =
                                UnitRows.ofVolume(tx.handle(), made.id())
                                        .orElseThrow(IllegalStateException::new);
                        luns.mapUnit(tx, unit, spec);
                        SnapshotRows.insertMount(
                                tx.handle(),
                                new SnapshotRows.Mount(
                                        snapshot.id(),
                                        host,
                                        what,
                                        unit.id(),
                                        Optional.of(made.id())),
                                tx.nowMillis());
                        Snapshots.hold(tx, snapshot.id(), reason(host));
                        return unit;
                    });
            mapped = true;
        } finally {
            if (!mapped) {
                deleteClone(request, made.name());
            }
        }
        presentation.refresh(made.id());
        return find(snapshot, host);
    }

    private String pool(VolumeRecord volume) throws ServiceException {
        return pools.list().stream()
                .filter(info -> info.pool().id().equals(volume.pool()))
                .map((PoolInfo info) -> info.pool().name())
                .findFirst()
                .orElseThrow(() -> ServiceException.notFound("pool", volume.pool().toString()));
    }

    private String cloneName(SnapshotInfo snapshot, String host) {
        String wanted = snapshot.name().replace('@', '.') + "-" + host;
        String base = wanted.length() > MAX_NAME ? wanted.substring(0, MAX_NAME) : wanted;
        return catalog.<String, RuntimeException>read(handle -> free(handle, base));
    }

    private static String free(Handle handle, String base) {
        String name = base;
        for (int n = 2; VolumeRows.byName(handle, name).isPresent(); n++) {
            name = base + "-" + n;
        }
        return name;
    }

    private void deleteClone(Request request, String name) throws ServiceException {
        bin.delete(request.withoutId(), name);
        bin.purge(request.withoutId(), name);
    }

    /** Takes a mounted snapshot away from a host; a writable clone is deleted with its writes. */
    void unmount(Request request, io.tidegate.volume.SnapshotId snapshot, String host)
            throws ServiceException {
        String hostName = Names.fold(host);
        SnapshotRows.Mount mount =
                rows().stream()
                        .filter(m -> m.snapshot().equals(snapshot) && m.host().equals(hostName))
                        .findFirst()
                        .orElseThrow(() -> notMounted(snapshot.toString(), hostName));
        Apart.<Object, ServiceException>call(
                "snapshot-unmount",
                () -> {
                    take(request, mount);
                    return mount;
                });
    }

    /** As {@link #unmount}, for whatever was mounted under this name. */
    public void unmountNamed(Request request, String what, String host) throws ServiceException {
        String hostName = Names.fold(host);
        List<SnapshotRows.Mount> mounts =
                rows().stream()
                        .filter(m -> m.what().equals(what) && m.host().equals(hostName))
                        .toList();
        if (mounts.isEmpty()) {
            throw notMounted(what, hostName);
        }
        for (SnapshotRows.Mount mount : mounts) {
            unmount(request, mount.snapshot(), hostName);
        }
    }

    private static ServiceException notMounted(String what, String host) {
        return new ServiceException(
                ServiceException.Code.NOT_FOUND,
                what + " is not unmounted",
                "host " + host + " has not mounted it",
                List.of("lun list --host " + host));
    }

    private void take(Request request, SnapshotRows.Mount mount) throws ServiceException {
        Optional<UnitRecord> unit =
                catalog.<Optional<UnitRecord>, RuntimeException>read(
                        handle -> UnitRows.find(handle, mount.unit()));
        if (unit.isPresent()) {
            unmap(request, unit.get(), mount.host());
        }
        if (mount.cloneVolume().isPresent()) {
            Optional<VolumeRecord> made =
                    catalog.<Optional<VolumeRecord>, RuntimeException>read(
                            handle -> VolumeRows.find(handle, mount.cloneVolume().get()));
            if (made.isPresent()) {
                deleteClone(request, made.get().name());
            }
        }
        catalog.<Object, RuntimeException>change(
                request,
                "snapshot:" + mount.what(),
                tx -> {
                    forget(tx, mount);
                    return mount;
                });
        unit.ifPresent(u -> presentation.refresh(u.volume()));
    }

    /** A LUN that is gone already, by an unmap or by a run that was cut off, is no obstacle. */
    private void unmap(Request request, UnitRecord unit, String host) throws ServiceException {
        for (LunInfo lun : luns.list(Optional.of(host), Optional.of(unit.name()))) {
            luns.unmap(request.withoutId(), unit.name(), host, Optional.of(lun.target()), false);
        }
    }

    private static void forget(Tx tx, SnapshotRows.Mount mount) {
        SnapshotRows.deleteMount(tx.handle(), mount.snapshot(), mount.host());
        Snapshots.release(tx, mount.snapshot(), reason(mount.host()));
        boolean shared =
                SnapshotRows.mounts(tx.handle()).stream()
                        .anyMatch(other -> other.unit().equals(mount.unit()));
        if (!shared
                && mount.cloneVolume().isEmpty()
                && UnitRows.find(tx.handle(), mount.unit()).isPresent()) {
            UnitRows.delete(tx, mount.unit());
        }
    }

    /** All mounts. */
    public List<MountInfo> list() {
        List<MountInfo> infos = new ArrayList<>();
        for (SnapshotRows.Mount mount : rows()) {
            info(mount).ifPresent(infos::add);
        }
        return infos;
    }

    private Optional<MountInfo> info(SnapshotRows.Mount mount) {
        return luns.list(Optional.of(mount.host()), Optional.empty()).stream()
                .filter(lun -> lun.unit().equals(mount.unit()))
                .findFirst()
                .map(
                        lun ->
                                new MountInfo(
                                        mount.what(),
                                        lun.name(),
                                        lun.unit(),
                                        lun.host(),
                                        lun.target(),
                                        lun.number(),
                                        mount.cloneVolume().isPresent()));
    }

    private MountInfo find(SnapshotInfo snapshot, String host) {
        return rows().stream()
                .filter(m -> m.snapshot().equals(snapshot.id()) && m.host().equals(host))
                .findFirst()
                .flatMap(this::info)
                .orElseThrow(() -> new IllegalStateException("the mount is not there"));
    }

    private List<SnapshotRows.Mount> rows() {
        return catalog.<List<SnapshotRows.Mount>, RuntimeException>read(SnapshotRows::mounts);
    }
}
