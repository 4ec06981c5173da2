package io.tidegate.target.device;

import io.tidegate.copy.manager.CopyManager;
import io.tidegate.copy.manager.CopyReply;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LunDirectory;
import io.tidegate.presentation.ReservationStore;
import io.tidegate.scsi.PersistentList;
import io.tidegate.scsi.ReservationCommand;
import io.tidegate.scsi.ReservationCommand.Action;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.Status;
import io.tidegate.target.reservation.Outcome;
import io.tidegate.target.reservation.PersistentIn;
import io.tidegate.target.reservation.PersistentOut;
import io.tidegate.target.reservation.PersistentState;
import io.tidegate.target.reservation.ReservationType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * RESERVE and RELEASE, PERSISTENT RESERVE IN and OUT. A change is kept by the store, if APTPL asks
 * for it, before any nexus sees it or gets GOOD; who was preempted has lost its copies, and with
 * PREEMPT AND ABORT its tasks, before the answer.
 */
final class ReservationHandler implements Handler<ReservationCommand> {

    private static final Logger LOG = LoggerFactory.getLogger(ReservationHandler.class);
    private static final int LONGEST_MOVE = 1024;
    private static final int LONGEST_REGISTER = 16 << 10; // some sixty ports with long names
    private static final int MOST_REGISTRATIONS = 4096;

    private final LunDirectory directory;
    private final ReservationStore store;
    private final CopyManager copies;
    private final Attentions attentions;
    private final Supplier<TaskControl> tasks;

    ReservationHandler(
            LunDirectory directory,
            ReservationStore store,
            CopyManager copies,
            Attentions attentions,
            Supplier<TaskControl> tasks) {
        this.directory = directory;
        this.store = store;
        this.copies = copies;
        this.attentions = attentions;
        this.tasks = tasks;
    }

    @Override
    public Step begin(Context c, ReservationCommand command) {
        return switch (command) {
            case ReservationCommand.Reserve reserve -> reserve(c);
            case ReservationCommand.Release release -> release(c);
            case ReservationCommand.PersistentIn in ->
                    Context.data(
                            PersistentIn.answer(c.state().persistent(), in.query()),
                            in.allocation());
            case ReservationCommand.PersistentOut out -> out(c, out);
        };
    }

    /** With registrations about, a registrant's RESERVE is answered and changes nothing (CRH). */
    private static Step reserve(Context c) {
        PersistentState persistent = c.state().persistent();
        if (!persistent.keys().isEmpty()) {
            return mayCoexist(c, persistent) ? Context.GOOD : Context.CONFLICT;
        }
        return c.state().reserve(c.nexus()) ? Context.GOOD : Context.CONFLICT;
    }

    private static Step release(Context c) {
        PersistentState persistent = c.state().persistent();
        if (!persistent.keys().isEmpty()) {
            return mayCoexist(c, persistent) ? Context.GOOD : Context.CONFLICT;
        }
        c.state().release(c.nexus());
        return Context.GOOD;
    }

    private static boolean mayCoexist(Context c, PersistentState persistent) {
        PersistentState.Held held = persistent.held();
        return persistent.isRegistered(c.nexus().registrant())
                && (held == null
                        || persistent.isHolder(c.nexus().registrant())
                        || held.type().sharedByRegistrants());
    }

    private Step out(Context c, ReservationCommand.PersistentOut command) {
        int length = command.parameterLength();
        int most =
                switch (command.action()) {
                    case REGISTER_AND_MOVE -> LONGEST_MOVE;
                    case REGISTER, REGISTER_AND_IGNORE -> LONGEST_REGISTER;
                    default -> PersistentList.BASIC_LENGTH;
                };
        if (length < PersistentList.BASIC_LENGTH || length > most) {
            return c.check(Sense.parameterListLength());
        }
        if (c.state().reservedBy() != null) {
            return Context.CONFLICT;
        }
        // Fencing waits for tasks and copies of others, which take I/O workers themselves.
        Lane lane =
                switch (command.action()) {
                    case CLEAR, PREEMPT, PREEMPT_AND_ABORT -> Lane.LONG;
                    default -> Lane.IO;
                };
        return Context.take(length, lane, data -> out(c, command, data));
    }

    private Step out(Context c, ReservationCommand.PersistentOut command, ByteBuffer data) {
        if (data.remaining() < command.parameterLength()) {
            return c.check(Sense.parameterListLength());
        }
        Action action = command.action();
        PersistentList list;
        if (action == Action.REGISTER_AND_MOVE) {
            list = PersistentList.move(data);
        } else {
            PersistentList.Parsed parsed = PersistentList.basic(data);
            list = parsed.list();
            if (list == null) {
                Sense fault = parsed.fault();
                return c.check(fault == null ? Sense.parameterListLength() : fault);
            }
        }
        PersistentOut out =
                new PersistentOut(
                        c.nexus().registrant(),
                        ReservationType.of(command.type()),
                        command.scope(),
                        list.allPorts() ? ports(c.nexus().id()) : new LinkedHashMap<>());
        switch (change(c.unit(), c.state(), before -> out.apply(before, action, list))) {
            case Outcome.Refused refused -> {
                return Context.CONFLICT;
            }
            case Outcome.Faulty faulty -> {
                return c.check(faulty.sense());
            }
            case Outcome.Done done -> {
                done.notices().forEach(n -> attentions.to(n.to(), c.unit(), n.attention()));
                fence(c, action, done);
                return Context.GOOD;
            }
        }
    }

    private SequencedMap<Integer, String> ports(NexusId id) {
        SequencedMap<Integer, String> ports = new LinkedHashMap<>();
        TargetPortGroups.ports(directory, id).forEach(tag -> ports.put(tag, id.targetPort(tag)));
        return ports;
    }

    /**
     * REGISTER in the name of a nexus whose third-party copy asks for it. A copy cannot say whether
     * registrations outlive a loss of power, so that stays as it is. Reads and writes the store.
     */
    CopyReply register(Nexus nexus, NexusLun lun, long key, long newKey) {
        UnitState state = lun.state();
        if (state.reservedBy() != null) {
            return CopyReply.of(Status.RESERVATION_CONFLICT);
        }
        PersistentOut out = new PersistentOut(nexus.registrant(), null, 0, new LinkedHashMap<>());
        Outcome outcome =
                change(
                        lun.unit(),
                        state,
                        before -> out.apply(before, Action.REGISTER, list(before, key, newKey)));
        return switch (outcome) {
            case Outcome.Refused refused -> CopyReply.of(Status.RESERVATION_CONFLICT);
            case Outcome.Faulty faulty -> CopyReply.check(faulty.sense());
            case Outcome.Done done -> {
                LOG.info("a copy of {} registers a key at {}", nexus, lun.unit());
                done.notices().forEach(n -> attentions.to(n.to(), lun.unit(), n.attention()));
                yield CopyReply.good();
            }
        };
    }

    private static PersistentList list(PersistentState before, long key, long newKey) {
        return new PersistentList(key, newKey, null, false, before.persist(), false, 0, null);
    }

    /** Makes a change that is kept before anybody sees it. */
    private Outcome change(
            LogicalUnit unit, UnitState state, Function<PersistentState, Outcome> change) {
        state.changes().lock();
        try {
            PersistentState before = state.persistent();
            Outcome outcome = change.apply(before);
            if (outcome instanceof Outcome.Done done) {
                int many = done.state().keys().size();
                boolean tooMany = many > MOST_REGISTRATIONS && many > before.keys().size();
                if (tooMany || !keep(unit, before, done.state())) {
                    return new Outcome.Faulty(Sense.insufficientRegistrationResources());
                }
                state.persistent(done.state());
            }
            return outcome;
        } finally {
            state.changes().unlock();
        }
    }

    private boolean keep(LogicalUnit unit, PersistentState before, PersistentState after) {
        if (before.equals(after) || !before.persist() && !after.persist()) {
            return true;
        }
        try {
            boolean keep = after.persist() && !after.keys().isEmpty();
            store.save(
                    unit.id(), keep ? Optional.of(StoredReservations.of(after)) : Optional.empty());
            return true;
        } catch (IOException e) {
            LOG.error("reservations of {} could not be kept", unit, e);
            return false;
        }
    }

    private void fence(Context c, Action action, Outcome.Done done) {
        for (Nexus nexus : attentions.nexuses()) {
            if (!done.ended().contains(nexus.registrant())) {
                continue;
            }
            LOG.info("{} of {} by {} ends {}", action, c.unit(), c.nexus(), nexus);
            if (action == Action.PREEMPT_AND_ABORT) {
                tasks.get()
                        .abortTasks(c.unit(), nexus.id(), c.nexus().id())
                        .toCompletableFuture()
                        .join();
            }
            copies.fence(nexus.copyKey(), c.unit());
        }
    }
}
