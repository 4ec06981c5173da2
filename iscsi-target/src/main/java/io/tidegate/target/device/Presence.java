package io.tidegate.target.device;

import io.tidegate.copy.manager.CopyManager;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LogicalUnitId;
import io.tidegate.presentation.LunDirectory;
import io.tidegate.presentation.LunListener;
import io.tidegate.presentation.LunView;
import io.tidegate.presentation.MappedLun;
import io.tidegate.scsi.ModeValues;
import io.tidegate.target.attention.Attention;
import io.tidegate.target.reservation.PersistentState;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which nexuses are open, what each sees, and the state of the units: and who hears of changes. */
final class Presence implements LunListener {

    private static final Logger LOG = LoggerFactory.getLogger(Presence.class);

    private final LunDirectory directory;
    private final UnitStores stores;
    private final Sanitizer sanitizer;
    private final CopyManager copies;
    private final Attentions attentions;
    private final Map<LogicalUnitId, UnitState> units = new ConcurrentHashMap<>();
    private final Object views = new Object(); // orders changes of what nexuses see

    Presence(
            LunDirectory directory,
            UnitStores stores,
            Sanitizer sanitizer,
            CopyManager copies,
            Attentions attentions) {
        this.directory = directory;
        this.stores = stores;
        this.sanitizer = sanitizer;
        this.copies = copies;
        this.attentions = attentions;
    }

    Nexus open(NexusId id) {
        Nexus nexus = new Nexus(id);
        synchronized (views) {
            // First in the set: a change that comes now finds it and waits for the monitor.
            attentions.nexuses().add(nexus);
            refresh(nexus);
        }
        nexus.luns().forEach(lun -> lun.attentions().add(Attention.POWER_ON));
        return nexus;
    }

    void close(Nexus nexus, boolean loss) {
        nexus.markClosed();
        attentions.nexuses().remove(nexus);
        units.values().forEach(state -> state.forget(nexus));
        copies.fence(nexus.copyKey(), null);
        LOG.debug("{} closed{}", nexus, loss ? " by loss" : "");
    }

    void reset(ResetKind kind, @Nullable LogicalUnit unit, Nexus by) {
        if (unit != null) {
            resetOne(kind, unit, by);
        } else {
            by.luns().forEach(lun -> resetOne(kind, lun.unit(), by));
        }
    }

    private void resetOne(ResetKind kind, LogicalUnit unit, Nexus by) {
        if (kind == ResetKind.CLEAR_TASK_SET) {
            attentions.toOthers(unit, by, Attention.COMMANDS_CLEARED);
            return;
        }
        LOG.info("{} reset of {} by {}", kind, unit, by);
        UnitState state = units.get(unit.id());
        if (state != null) {
            state.reset();
        }
        copies.fence(null, unit);
        Attention told = kind == ResetKind.LUN ? Attention.UNIT_RESET : Attention.TARGET_RESET;
        attentions.toAll(unit, told);
    }

    void stop() {
        directory.removeListener(this);
    }

    private void refresh(Nexus nexus) {
        LunView view = directory.luns(nexus.id().targetName(), nexus.id().initiatorName());
        nexus.show(NexusLuns.of(view, mapped -> lun(nexus, mapped)));
    }

    private NexusLun lun(Nexus nexus, MappedLun mapped) {
        NexusLun before = nexus.lun(mapped.number());
        if (before != null && before.unit() == mapped.unit()) {
            return before.remapped(mapped);
        }
        NexusLun made = new NexusLun(mapped, state(mapped.unit()));
        made.attentions().add(Attention.POWER_ON);
        return made;
    }

    private UnitState state(LogicalUnit unit) {
        return units.computeIfAbsent(unit.id(), id -> load(unit));
    }

    private UnitState load(LogicalUnit unit) {
        ModeValues saved =
                stores.modes()
                        .load(unit.id())
                        .map(
                                m ->
                                        new ModeValues(
                                                m.writeCache(),
                                                m.softwareWriteProtect(),
                                                m.descriptorSense()))
                        .orElse(ModeValues.DEFAULT);
        PersistentState persistent =
                stores.reservations()
                        .load(unit.id())
                        .map(StoredReservations::load)
                        .orElse(PersistentState.EMPTY);
        UnitState state = new UnitState(unit, saved, persistent);
        sanitizer.restore(state);
        return state;
    }

    /** Takes up what goes on for a unit, whether or not a nexus sees it. */
    void restore(LogicalUnit unit) {
        state(unit);
    }

    @Override
    public void lunsChanged(String targetName, String host) {
        synchronized (views) {
            for (Nexus nexus : attentions.nexuses()) {
                if (!nexus.id().targetName().equals(targetName)) {
                    continue;
                }
                String before = nexus.host();
                refresh(nexus);
                if (host.equals(before) || host.equals(nexus.host())) {
                    nexus.luns().forEach(lun -> lun.attentions().add(Attention.LUNS_CHANGED));
                }
            }
        }
    }

    @Override
    public void unitChanged(LogicalUnit unit, UnitChange change) {
        switch (change) {
            case CAPACITY -> attentions.toAll(unit, Attention.CAPACITY_CHANGED);
            case MEDIUM -> attentions.toAll(unit, Attention.MEDIUM_CHANGED);
            case INQUIRY -> attentions.toAll(unit, Attention.INQUIRY_CHANGED);
            case THIN_THRESHOLD -> attentions.toAll(unit, Attention.THIN_THRESHOLD);
            case RESERVATION_CLEARED -> {
                UnitState state = units.get(unit.id());
                if (state != null) {
                    state.release(null);
                }
            }
        }
    }

    @Override
    public void unitRemoved(LogicalUnit unit) {
        units.remove(unit.id());
    }
}
