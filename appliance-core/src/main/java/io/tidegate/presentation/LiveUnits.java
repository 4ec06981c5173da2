package io.tidegate.presentation;

import io.tidegate.block.BlockDevice;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.ServiceException;
import io.tidegate.presentation.LogicalUnit.State;
import io.tidegate.presentation.LunListener.UnitChange;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeRows;
import io.tidegate.volume.VolumeState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The live logical units and their devices. The caller sees to one change at a time. */
final class LiveUnits {

    private static final Logger log = LoggerFactory.getLogger(LiveUnits.class);

    /** How long a gate may be closed before commands are left to themselves. */
    static final Duration GATE_LIMIT = Duration.ofSeconds(10);

    private record Live(LogicalUnit unit, VolumeId volume) {}

    private final Catalog catalog;
    private final Devices devices;
    private final Drains drains = new Drains();
    private final Map<LogicalUnitId, Live> live = new ConcurrentHashMap<>();

    LiveUnits(Catalog catalog, Devices devices) {
        this.catalog = catalog;
        this.devices = devices;
    }

    Devices devices() {
        return devices;
    }

    Optional<LogicalUnit> unit(LogicalUnitId id) {
        return Optional.ofNullable(live.get(id)).map(Live::unit);
    }

    Map<LogicalUnitId, LogicalUnit> all() {
        Map<LogicalUnitId, LogicalUnit> all = new LinkedHashMap<>();
        live.forEach((id, one) -> all.put(id, one.unit()));
        return all;
    }

    List<LogicalUnitId> on(VolumeId volume) {
        List<LogicalUnitId> ids = new ArrayList<>();
        live.forEach(
                (id, one) -> {
                    if (one.volume().equals(volume)) {
                        ids.add(id);
                    }
                });
        return ids;
    }

    /**
     * Brings a unit in line with its row; makes it when it is not there.
     *
     * @return what hosts have to be told
     */
    Set<UnitChange> settle(
            UnitRecord row, VolumeRecord volume, BiConsumer<LogicalUnit, UnitChange> tell) {
        drains.sweep();
        boolean held = row.held() || volume.state() == VolumeState.OFFLINE;
        Live present = live.get(row.id());
        if (present == null) {
            make(row, volume, held);
            return EnumSet.noneOf(UnitChange.class);
        }
        LogicalUnit unit = present.unit();
        Set<UnitChange> changes = EnumSet.noneOf(UnitChange.class);
        if (!unit.name().equals(row.name())) {
            unit.rename(row.name());
        }
        reshape(unit, row.shape(), changes);
        if (unit.device() instanceof GoneDevice && unit.state() != State.GATED) {
            revive(unit, row, volume, held, tell);
        } else if (held && unit.state() == State.OPEN) {
            hold(unit);
        } else if (!held && unit.state() == State.HELD) {
            unit.swap(unit.device(), row.generation(), State.OPEN);
        }
        return changes;
    }

    private void make(UnitRecord row, VolumeRecord volume, boolean held) {
        BlockDevice device = openOrGone(row, volume);
        LogicalUnit unit =
                new LogicalUnit(
                        row.id(),
                        row.identity(),
                        row.name(),
                        row.shape(),
                        device,
                        row.generation(),
                        held ? State.HELD : State.OPEN);
        live.put(row.id(), new Live(unit, row.volume()));
        log.info("unit {} ({}) is offered, {}", row.name(), row.id(), unit.state());
    }

    private BlockDevice openOrGone(UnitRecord row, VolumeRecord volume) {
        try {
            return devices.of(row, volume);
        } catch (ServiceException e) {
            log.error("unit {} has no device: {}", row.name(), e.why());
            return new GoneDevice(row.name(), row.shape().geometry(), e.why());
        }
    }

    private static void reshape(LogicalUnit unit, UnitShape shape, Set<UnitChange> changes) {
        UnitShape before = unit.shape();
        if (shape.equals(before)) {
            return;
        }
        unit.reshape(shape);
        if (shape.geometry().blocks() != before.geometry().blocks()) {
            changes.add(UnitChange.CAPACITY);
        }
        boolean looksOther =
                shape.removable() != before.removable()
                        || shape.thin() != before.thin()
                        || shape.rotational() != before.rotational()
                        || shape.granularityBytes() != before.granularityBytes();
        if (looksOther) {
            changes.add(UnitChange.INQUIRY);
        }
    }

    /** A pool came back: the same content, or what could be recovered of it. */
    private void revive(
            LogicalUnit unit,
            UnitRecord row,
            VolumeRecord volume,
            boolean held,
            BiConsumer<LogicalUnit, UnitChange> tell) {
        BlockDevice device = openOrGone(row, volume);
        if (device instanceof GoneDevice) {
            return;
        }
        long generation =
                catalog.housekeeping(tx -> UnitRows.nextGeneration(tx, row.id(), row.held()));
        unit.closeGate();
        unit.swap(device, generation, State.GATED);
        tell.accept(unit, UnitChange.MEDIUM);
        unit.swap(device, generation, held ? State.HELD : State.OPEN);
    }

    private static void hold(LogicalUnit unit) {
        unit.closeGate();
        if (!Drains.await(unit, GATE_LIMIT)) {
            log.warn("unit {} is held with commands still under way", unit);
        }
        unit.swap(unit.device(), unit.generation(), State.HELD);
    }

    /** Points a gated or held unit where its row says; {@code beforeOpening} runs in between. */
    void swap(UnitRecord row, Consumer<LogicalUnit> beforeOpening) throws ServiceException {
        Live present = live.get(row.id());
        if (present == null) {
            throw ServiceException.conflict(
                    "unit " + row.name() + " is not switched",
                    "it is not offered to hosts",
                    "volume show " + row.name());
        }
        VolumeRecord volume =
                catalog.read((Handle h) -> VolumeRows.find(h, row.volume()))
                        .orElseThrow(() -> ServiceException.notFound("volume", row.name()));
        ServiceException failure = null;
        BlockDevice device;
        try {
            device = devices.of(row, volume);
        } catch (ServiceException e) {
            failure = e;
            device = new GoneDevice(row.name(), row.shape().geometry(), e.why());
        }
        LogicalUnit unit = present.unit();
        BlockDevice old = unit.device();
        unit.rename(row.name());
        unit.reshape(row.shape());
        unit.swap(device, row.generation(), State.GATED);
        live.put(row.id(), new Live(unit, row.volume()));
        drains.closeAfter(unit, old);
        beforeOpening.accept(unit);
        unit.swap(device, row.generation(), row.held() ? State.HELD : State.OPEN);
        if (failure != null) {
            throw failure;
        }
    }

    /** Takes a unit from everybody; its device closes when nothing is under way on it. */
    Optional<LogicalUnit> withdraw(LogicalUnitId id) {
        Live gone = live.remove(id);
        if (gone == null) {
            return Optional.empty();
        }
        LogicalUnit unit = gone.unit();
        BlockDevice device = unit.device();
        unit.closeGate();
        Drains.await(unit, GATE_LIMIT);
        unit.swap(device, unit.generation(), State.HELD); // parked commands are let go, refused
        drains.closeAfter(unit, device);
        log.info("unit {} is no longer offered", unit);
        return Optional.of(unit);
    }

    void close() {
        for (LogicalUnitId id : List.copyOf(live.keySet())) {
            withdraw(id);
        }
        drains.close();
    }
}
