package io.tidegate.target.device;

import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.Conflict;
import io.tidegate.scsi.ModeValues;
import io.tidegate.scsi.Sense;
import io.tidegate.target.reservation.PersistentState;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What the device server keeps for one logical unit, for as long as it is offered: mode values,
 * reservations, and the state of its medium. Safe for concurrent calls; reading takes no lock.
 */
final class UnitState {

    private final LogicalUnit unit;
    private final Set<NexusId> preventing = ConcurrentHashMap.newKeySet();
    // Orders changes that are stored before they are seen: reservations and mode values.
    private final ReentrantLock changes = new ReentrantLock();
    // Long commands take turns with their pieces, so that many of them are no more load than one.
    private final Semaphore turns = new Semaphore(1, true);
    // Stands in for atomic updates on devices that have none.
    private final ReentrantLock updates = new ReentrantLock();
    private final WriteOrder order = new WriteOrder();

    private final MediumErrors errors = new MediumErrors();

    // Keeps "guarded" in step with the two kinds of reservations.
    private final Object guard = new Object();

    private volatile ModeValues savedModes;
    private volatile ModeValues modes;
    private volatile PersistentState persistent;
    private volatile @Nullable Nexus reservedBy;
    private volatile boolean guarded;
    private volatile boolean ejected;
    private volatile @Nullable SanitizeRun sanitize;

    UnitState(LogicalUnit unit, ModeValues saved, PersistentState persistent) {
        this.unit = unit;
        this.savedModes = saved;
        this.modes = saved;
        this.persistent = persistent;
        this.guarded = persistent.held() != null;
    }

    LogicalUnit unit() {
        return unit;
    }

    // -- mode values

    ModeValues modes() {
        return modes;
    }

    ModeValues savedModes() {
        return savedModes;
    }

    void modes(ModeValues now) {
        modes = now;
    }

    void savedModes(ModeValues now) {
        savedModes = now;
    }

    // -- reservations

    ReentrantLock changes() {
        return changes;
    }

    ReentrantLock updates() {
        return updates;
    }

    /** For each piece of a long command. */
    Semaphore turns() {
        return turns;
    }

    PersistentState persistent() {
        return persistent;
    }

    /** Under {@link #changes}. */
    void persistent(PersistentState now) {
        synchronized (guard) {
            persistent = now;
            guarded = now.held() != null || reservedBy != null;
        }
    }

    @Nullable Nexus reservedBy() {
        return reservedBy;
    }

    /** Takes RESERVE(6) for a nexus; false when another has it. */
    boolean reserve(Nexus nexus) {
        synchronized (guard) {
            if (reservedBy != null && reservedBy != nexus) {
                return false;
            }
            reservedBy = nexus;
            guarded = true;
            return true;
        }
    }

    /** Drops RESERVE(6); of one nexus, or of whoever has it when {@code nexus} is null. */
    void release(@Nullable Nexus nexus) {
        synchronized (guard) {
            if (nexus == null || reservedBy == nexus) {
                reservedBy = null;
                guarded = persistent.held() != null;
            }
        }
    }

    /** Whether reservations let a command of this nexus through. */
    boolean allows(Nexus nexus, Conflict conflict) {
        if (!guarded || conflict == Conflict.NEVER) {
            return true;
        }
        Nexus holder = reservedBy;
        if (holder != null && holder != nexus && conflict != Conflict.RESERVE) {
            return false;
        }
        return conflict == Conflict.RESERVE || persistent.allows(nexus.registrant(), conflict);
    }

    // -- the medium

    MediumErrors errors() {
        return errors;
    }

    /** For whatever changes a range of the medium. */
    WriteOrder order() {
        return order;
    }

    boolean ejected() {
        return ejected;
    }

    void ejected(boolean now) {
        ejected = now;
    }

    /** Nexuses that forbid the eject. */
    Set<NexusId> preventing() {
        return preventing;
    }

    @Nullable SanitizeRun sanitize() {
        return sanitize;
    }

    void sanitize(@Nullable SanitizeRun run) {
        sanitize = run;
    }

    /** Why commands that need the medium are refused, as TEST UNIT READY says; null when ready. */
    @Nullable Sense notReady() {
        if (unit.state() == LogicalUnit.State.HELD) {
            return Sense.logicalUnitNotSupported();
        }
        return ejected ? Sense.mediumNotPresent() : SanitizeRun.senseOf(this);
    }

    /** What a nexus leaves behind ends with it. */
    void forget(Nexus nexus) {
        release(nexus);
        preventing.remove(nexus.id());
    }

    /** A logical unit reset (SAM-5, 6.3.3). */
    void reset() {
        release(null);
        preventing.clear();
        modes = savedModes;
    }
}
