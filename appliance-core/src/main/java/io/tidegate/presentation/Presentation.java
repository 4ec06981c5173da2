package io.tidegate.presentation;

import io.tidegate.block.BlockDevice;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.SecretBox;
import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.Tx;
import io.tidegate.presentation.HostRows.HostRow;
import io.tidegate.presentation.LunListener.UnitChange;
import io.tidegate.volume.PoolId;
import io.tidegate.volume.PoolService;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeRows;
import io.tidegate.volume.VolumeUnits;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What hosts see, live: the logical units and the directory of who sees which. The rows rule;
 * everything here can be built anew from them, and {@link #start} does so before any host is let
 * in.
 *
 * <p>The answers of {@link LunDirectory} come from memory and may be asked for on any thread. All
 * else changes the live state, blocks, and belongs outside of catalog transactions; such calls run
 * one at a time.
 */
public final class Presentation implements LunDirectory, VolumeUnits, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Presentation.class);

    private final Catalog catalog;
    private final SecretBox secrets;
    private final Identities identities;
    private final LiveUnits units;
    private final List<LunListener> listeners = new CopyOnWriteArrayList<>();
    private final Object admin = new Object(); // one change of the live state at a time

    private volatile Directory directory = Directory.EMPTY;
    private volatile Optional<Directory.DefaultPortal> defaultPortal = Optional.empty();
    private volatile Optional<SessionControl> sessions = Optional.empty();

    public Presentation(
            Catalog catalog, PoolService pools, SecretBox secrets, Identities identities) {
        this.catalog = catalog;
        this.secrets = secrets;
        this.identities = identities;
        this.units = new LiveUnits(catalog, new Devices(pools));
        pools.addListener(pool -> poolReopened());
    }

    /** Builds everything from the rows; once, after pools are open and cut-off acts decided. */
    public void start() {
        synchronized (admin) {
            for (UnitRecord row : catalog.read(UnitRows::all)) {
                settle(row);
            }
            publish();
        }
    }

    /** Hands in the sessions, for those who have to name or end them. */
    public void attach(SessionControl control) {
        sessions = Optional.of(control);
    }

    /** The sessions of hosts; empty until the target has started. */
    public Optional<SessionControl> sessions() {
        return sessions;
    }

    /**
     * Says where the first target's default portal is, which follows the settings.
     *
     * @param listen with the port that was really bound
     */
    public void setDefaultPortal(InetSocketAddress listen, Optional<InetSocketAddress> advertised) {
        defaultPortal = Optional.of(new Directory.DefaultPortal(listen, advertised));
        publish();
    }

    // ---- what the target asks

    @Override
    public Optional<TargetInfo> target(String targetName) {
        return directory.target(targetName);
    }

    @Override
    public List<TargetInfo> targetsFor(String initiatorName) {
        return directory.targetsFor(initiatorName);
    }

    @Override
    public LoginRule loginRule(Optional<String> targetName, String initiatorName) {
        Directory now = directory;
        if (targetName.isPresent() && now.target(targetName.get()).isEmpty()) {
            return new LoginRule.Refused("there is no target " + targetName.get());
        }
        Optional<HostRow> host = now.host(initiatorName);
        if (host.isEmpty()) {
            return new LoginRule.Refused("no host has the initiator " + initiatorName);
        }
        if (targetName.isEmpty() && now.discovery().isPresent()) {
            return new LoginRule.Chap(now.discovery().get().unseal(secrets));
        }
        return host.get().chap().isPresent()
                ? new LoginRule.Chap(Chap.unseal(secrets, host.get()))
                : new LoginRule.Open();
    }

    @Override
    public Optional<TargetInfo.Portal> redirect(String targetName, String initiatorName) {
        return directory.redirect(targetName, initiatorName);
    }

    @Override
    public LunView luns(String targetName, String initiatorName) {
        return directory.luns(targetName, initiatorName);
    }

    @Override
    public void addListener(LunListener listener) {
        listeners.add(listener);
    }

    @Override
    public void removeListener(LunListener listener) {
        listeners.remove(listener);
    }

    /** All targets, the first one first. */
    public List<TargetInfo> targets() {
        return directory.targets();
    }

    /** The host that an initiator belongs to. */
    public Optional<String> hostOf(String initiatorName) {
        return directory.hostOf(initiatorName);
    }

    // ---- units

    /** The live unit; empty when it is not offered to anyone. */
    public Optional<LogicalUnit> unit(LogicalUnitId id) {
        return units.unit(id);
    }

    /** All live units. */
    public List<LogicalUnit> units() {
        return List.copyOf(units.all().values());
    }

    /** The live unit that shows the volume's live content. */
    public Optional<LogicalUnit> unitOf(VolumeId volume) {
        return catalog.read((Handle h) -> UnitRows.ofVolume(h, volume))
                .flatMap(row -> units.unit(row.id()));
    }

    /** Makes the row of a unit for a volume, in the caller's transaction. */
    public UnitRecord insertUnit(Tx tx, VolumeRecord volume) {
        UnitRecord row = NewUnits.ofVolume(tx.handle(), identities, volume);
        UnitRows.insert(tx, row, volume.writeCache());
        return row;
    }

    /**
     * Makes the row of a read-only unit that shows a snapshot, in the caller's transaction; {@link
     * #refresh} of the volume then offers it.
     *
     * @param name such as {@code db01@hourly-0200}, not in use
     */
    public UnitRecord insertMount(Tx tx, String name, VolumeRecord volume, SnapshotId snapshot) {
        UnitRecord row = NewUnits.ofSnapshot(tx.handle(), identities, name, volume, snapshot);
        UnitRows.insert(tx, row, false);
        return row;
    }

    @Override
    public void created(Tx tx, VolumeRecord volume) {
        insertUnit(tx, volume);
    }

    @Override
    public void changed(Tx tx, VolumeRecord volume) {
        Optional<UnitRecord> unit = UnitRows.ofVolume(tx.handle(), volume.id());
        if (unit.isPresent()) {
            LogicalUnitId id = unit.get().id();
            UnitRows.update(tx, id, volume.name(), volume.sizeBytes(), volume.readOnly());
        }
    }

    @Override
    public void writeCacheChanged(Tx tx, VolumeRecord volume) {
        UnitRows.ofVolume(tx.handle(), volume.id())
                .ifPresent(unit -> UnitRows.setWriteCache(tx, unit.id(), volume.writeCache()));
    }

    @Override
    public void purged(Tx tx, VolumeRecord volume) {
        for (UnitRecord unit : UnitRows.onVolume(tx.handle(), volume.id())) {
            UnitRows.delete(tx, unit.id());
        }
    }

    @Override
    public List<String> mappings(Handle handle, VolumeId volume) {
        List<String> words = new ArrayList<>();
        for (LunRows.LunRow lun : LunRows.ofVolume(handle, volume)) {
            words.add("LUN " + lun.number() + " of host " + lun.host());
        }
        return words;
    }

    @Override
    public void thinThresholdReached(PoolId pool) {
        Set<VolumeId> thin = new HashSet<>();
        for (VolumeRecord volume : catalog.read(VolumeRows::all)) {
            if (volume.pool().equals(pool) && volume.thin()) {
                thin.add(volume.id());
            }
        }
        synchronized (admin) {
            // Mounts of snapshots take no space, and are not told.
            for (UnitRecord row : catalog.read(UnitRows::all)) {
                if (row.kind() == UnitKind.VOLUME && thin.contains(row.volume())) {
                    units.unit(row.id())
                            .ifPresent(unit -> notifyUnit(unit, UnitChange.THIN_THRESHOLD));
                }
            }
        }
    }

    @Override
    public void refresh(VolumeId volume) {
        synchronized (admin) {
            List<UnitRecord> rows = catalog.read(h -> UnitRows.onVolume(h, volume));
            rows.forEach(this::settle);
            List<LogicalUnitId> wanted = rows.stream().map(UnitRecord::id).toList();
            for (LogicalUnitId id : units.on(volume)) {
                if (!wanted.contains(id)) {
                    settleGone(id);
                }
            }
            publish();
        }
    }

    private void settle(UnitRecord row) {
        Optional<VolumeRecord> volume =
                catalog.read((Handle h) -> VolumeRows.find(h, row.volume()));
        if (volume.isEmpty() || !volume.get().usable()) {
            settleGone(row.id());
            return;
        }
        Set<UnitChange> changes = units.settle(row, volume.get(), this::notifyUnit);
        units.unit(row.id()).ifPresent(unit -> changes.forEach(c -> notifyUnit(unit, c)));
    }

    /** The row may have moved to another volume: then the unit stays. */
    private void settleGone(LogicalUnitId id) {
        Optional<UnitRecord> row = catalog.read((Handle h) -> UnitRows.find(h, id));
        boolean offered =
                row.isPresent()
                        && catalog.read((Handle h) -> VolumeRows.find(h, row.get().volume()))
                                .filter(VolumeRecord::usable)
                                .isPresent();
        if (!offered) {
            units.withdraw(id)
                    .ifPresent(
                            unit -> {
                                publish();
                                listeners.forEach(l -> l.unitRemoved(unit));
                            });
        }
    }

    /**
     * After the transaction that moved a unit's pointer: points the live unit where its row says,
     * tells hosts, and opens or holds it as the row says. The gate must be closed (or the unit
     * held). Tasks of the old generation that are still inside keep their buffers and the old
     * device until they are done; whoever abandons them does so before.
     *
     * @param tell what hosts are told, before the gate opens
     * @throws ServiceException {@code DEVICE} when the new device does not open: the unit then
     *     fails every medium command until {@link #refresh} succeeds
     */
    public void applySwap(LogicalUnitId id, Set<UnitChange> tell) throws ServiceException {
        synchronized (admin) {
            UnitRecord row =
                    catalog.read((Handle h) -> UnitRows.find(h, id))
                            .orElseThrow(() -> ServiceException.notFound("lun", id.toString()));
            units.swap(
                    row,
                    unit -> {
                        publish();
                        tell.forEach(change -> notifyUnit(unit, change));
                    });
            log.info(
                    "unit {} ({}) points at volume {}, generation {}, {}",
                    row.name(),
                    id,
                    row.volume(),
                    row.generation(),
                    row.held() ? "held" : "open");
        }
    }

    /** A device for jobs: the volume's live content, beside and apart from what hosts have. */
    public BlockDevice openVolume(VolumeRecord volume) throws ServiceException {
        return units.devices().volume(volume);
    }

    /** Brings the directory in line with the rows and tells listeners which seats changed. */
    public void publish() {
        Set<Directory.Seat> changed;
        synchronized (admin) {
            Directory.Rows rows = catalog.read(Directory.Rows::read);
            Directory next = Directory.of(rows, units.all(), defaultPortal);
            changed = next.changedFrom(directory);
            directory = next;
            for (Directory.Seat seat : changed) {
                listeners.forEach(l -> l.lunsChanged(seat.target(), seat.host()));
            }
        }
    }

    private void notifyUnit(LogicalUnit unit, UnitChange change) {
        listeners.forEach(l -> l.unitChanged(unit, change));
    }

    /** Units whose device was gone get it back; content may be older, so every host is told. */
    private void poolReopened() {
        synchronized (admin) {
            for (UnitRecord row : catalog.read(UnitRows::all)) {
                settle(row);
            }
            publish();
            units.all().values().forEach(unit -> notifyUnit(unit, UnitChange.MEDIUM));
        }
    }

    /** What hosts are told when they meet other content under the same identity. */
    public static Set<UnitChange> otherContent() {
        return EnumSet.of(UnitChange.MEDIUM, UnitChange.RESERVATION_CLEARED);
    }

    Map<LogicalUnitId, LogicalUnit> live() {
        return units.all();
    }

    /** Closes every device; hosts' sessions have ended before. */
    @Override
    public void close() {
        synchronized (admin) {
            units.close();
        }
    }
}
