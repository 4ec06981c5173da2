package io.tidegate.target.device;

import io.tidegate.copy.manager.CopyManager;
import io.tidegate.presentation.LunDirectory;
import io.tidegate.presentation.ReservationStore;
import io.tidegate.scsi.PersistentList;
import io.tidegate.scsi.ReservationCommand;
import io.tidegate.scsi.ReservationCommand.Action;
import io.tidegate.scsi.Sense;
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
        return apply(c, action, out, list);
    }

    private SequencedMap<Integer, String> ports(NexusId id) {
        SequencedMap<Integer, String> ports = new LinkedHashMap<>();
        TargetPortGroups.ports(directory, id).forEach(tag -> ports.put(tag, id.targetPort(tag)));
        return ports;
    }

    private Step apply(Context c, Action action, PersistentOut out, PersistentList list) {
        UnitState state = c.state();
        Outcome.Done done;
        state.changes().lock();
        try {
            PersistentState before = state.persistent();
            switch (out.apply(before, action, list)) {
                case Outcome.Refused refused -> {
                    return Context.CONFLICT;
                }
                case Outcome.Faulty faulty -> {
                    return c.check(faulty.sense());
                }
                case Outcome.Done good -> {
                    int many = good.state().keys().size();
                    if (many > MOST_REGISTRATIONS && many > before.keys().size()) {
                        return c.check(Sense.insufficientRegistrationResources());
                    }
                    if (!keep(c, before, good.state())) {
                        return c.check(Sense.insufficientRegistrationResources());
                    }
                    state.persistent(good.state());
                    done = good;
                }
            }
        } finally {
            state.changes().unlock();
        }
        done.notices().forEach(n -> attentions.to(n.to(), c.unit(), n.attention()));
        fence(c, action, done);
        return Context.GOOD;
    }

    private boolean keep(Context c, PersistentState before, PersistentState after) {
        if (before.equals(after) || !before.persist() && !after.persist()) {
            return true;
        }
        try {
            boolean keep = after.persist() && !after.keys().isEmpty();
            store.save(
                    c.unit().id(),
                    keep ? Optional.of(StoredReservations.of(after)) : Optional.empty());
            return true;
        } catch (IOException e) {
            LOG.error("reservations of {} could not be kept", c.unit(), e);
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
