package io.tidegate.target.reservation;

import io.tidegate.scsi.PersistentList;
import io.tidegate.scsi.ReservationCommand.Action;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.TransportId;
import io.tidegate.target.attention.Attention;
import io.tidegate.target.reservation.Outcome.Done;
import io.tidegate.target.reservation.Outcome.Faulty;
import io.tidegate.target.reservation.Outcome.Notice;
import io.tidegate.target.reservation.Outcome.Refused;
import io.tidegate.target.reservation.PersistentState.Held;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * What each service action of PERSISTENT RESERVE OUT makes of a state (SPC-5, 5.14.6 to 5.14.11).
 *
 * @param sender the nexus that sent the command
 * @param type what the CDB asks for; null when it names no type
 * @param scope 0 is the logical unit, the only one
 * @param targetPorts all ports of the target device, for ALL_TG_PT; by relative identifier
 */
public record PersistentOut(
        Registrant sender,
        @Nullable ReservationType type,
        int scope,
        SequencedMap<Integer, String> targetPorts) {

    private static final int KEY_OFFSET = 8;

    public Outcome apply(PersistentState state, Action action, PersistentList list) {
        return switch (action) {
            case REGISTER -> register(state, list, false);
            case REGISTER_AND_IGNORE -> register(state, list, true);
            case REGISTER_AND_MOVE -> keyed(state, list, () -> move(state, list));
            case RESERVE -> keyed(state, list, () -> reserve(state));
            case RELEASE -> keyed(state, list, () -> release(state));
            case CLEAR -> keyed(state, list, () -> clear(state));
            case PREEMPT, PREEMPT_AND_ABORT -> keyed(state, list, () -> preempt(state, list));
        };
    }

    private interface Body {
        Outcome run();
    }

    /** All but registering need a registration under the key that the list names. */
    private Outcome keyed(PersistentState state, PersistentList list, Body body) {
        Long key = state.keys().get(sender);
        return key == null || key != list.key() ? new Refused() : body.run();
    }

    /**
     * Registers the sender, with ALL_TG_PT on every port of the target as it has them now, and with
     * SPEC_I_PT the named initiator ports too; those that are registered already keep their keys.
     */
    private Outcome register(PersistentState before, PersistentList list, boolean ignore) {
        Long key = before.keys().get(sender);
        List<TransportId> named = list.specified();
        if (named != null && (ignore || key != null)) {
            return new Faulty(Sense.invalidFieldInParameterList(20, 3));
        }
        if (!ignore && list.key() != (key == null ? 0 : key)) {
            return new Refused();
        }
        if (key == null && list.actionKey() == 0 && !list.allPorts()) {
            return Done.of(before);
        }
        PersistentState state =
                new PersistentState(
                        before.generation(), list.persist(), before.keys(), before.held());
        List<Registrant> own = everywhere(sender.initiatorName(), sender.isid(), list.allPorts());
        if (list.actionKey() == 0) {
            own.removeIf(r -> !before.isRegistered(r));
            return own.isEmpty() ? Done.of(before) : unregister(state, own);
        }
        SequencedMap<Registrant, Long> keys = PersistentState.copy(state.keys());
        own.forEach(r -> keys.put(r, list.actionKey()));
        if (named != null) {
            for (TransportId id : named) {
                everywhere(id.initiatorName(), id.isid(), list.allPorts())
                        .forEach(r -> keys.putIfAbsent(r, list.actionKey()));
            }
        }
        return Done.of(state.next(keys, state.held()));
    }

    /** An initiator port at the port that the command came in by, or at all ports. */
    private List<Registrant> everywhere(String initiatorName, long isid, boolean all) {
        List<Registrant> list = new ArrayList<>();
        list.add(new Registrant(initiatorName, isid, sender.targetPort(), sender.relativePort()));
        if (all) {
            targetPorts.forEach(
                    (relative, name) -> {
                        if (relative != sender.relativePort()) {
                            list.add(new Registrant(initiatorName, isid, name, relative));
                        }
                    });
        }
        return list;
    }

    private Done unregister(PersistentState state, List<Registrant> gone) {
        SequencedMap<Registrant, Long> left = PersistentState.copy(state.keys());
        gone.forEach(left::remove);
        Held held = state.held();
        if (held == null || gone.stream().noneMatch(state::isHolder)) {
            return Done.of(state.next(left, held));
        }
        if (held.type().heldByAll() && !left.isEmpty()) {
            Held others = new Held(left.firstEntry().getKey(), held.type());
            return Done.of(state.next(left, others));
        }
        List<Notice> notices =
                held.type().sharedByRegistrants()
                        ? tell(left, Attention.RESERVATIONS_RELEASED)
                        : List.of();
        return new Done(state.next(left, null), notices, List.of());
    }

    private Outcome reserve(PersistentState state) {
        if (scope != 0 || type == null) {
            return new Faulty(Sense.invalidFieldInCdb(2, scope != 0 ? 7 : 3));
        }
        Held held = state.held();
        if (held == null) {
            return Done.of(state.with(state.keys(), new Held(sender, type)));
        }
        return state.isHolder(sender) && held.type() == type ? Done.of(state) : new Refused();
    }

    private Outcome release(PersistentState state) {
        Held held = state.held();
        if (held == null || !state.isHolder(sender)) {
            return Done.of(state);
        }
        if (scope != 0 || held.type() != type) {
            return new Faulty(Sense.invalidRelease());
        }
        List<Notice> notices =
                held.type().sharedByRegistrants()
                        ? tell(state.keys(), Attention.RESERVATIONS_RELEASED)
                        : List.of();
        return new Done(state.with(state.keys(), null), notices, List.of());
    }

    private Outcome clear(PersistentState state) {
        SequencedMap<Registrant, Long> nobody = PersistentState.EMPTY.keys();
        return new Done(
                state.next(nobody, null),
                tell(state.keys(), Attention.RESERVATIONS_PREEMPTED),
                others(state.keys()));
    }

    private Outcome preempt(PersistentState state, PersistentList list) {
        Held held = state.held();
        long victim = list.actionKey();
        boolean all = held != null && held.type().heldByAll() && victim == 0;
        boolean takesOver =
                all
                        || held != null
                                && !held.type().heldByAll()
                                && Objects.equals(state.keys().get(held.holder()), victim);
        if (victim == 0 && !all) {
            return new Faulty(Sense.invalidFieldInParameterList(KEY_OFFSET, 7));
        }
        if (takesOver && (scope != 0 || type == null)) {
            return new Faulty(Sense.invalidFieldInCdb(2, scope != 0 ? 7 : 3));
        }
        SequencedMap<Registrant, Long> left = PersistentState.copy(state.keys());
        List<Registrant> removed = new ArrayList<>();
        state.keys()
                .forEach(
                        (registrant, key) -> {
                            if (!registrant.equals(sender) && (all || key == victim)) {
                                left.remove(registrant);
                                removed.add(registrant);
                            }
                        });
        if (takesOver && held != null && type != null) {
            return takeOver(state, held, type, left, removed);
        }
        if (removed.isEmpty() && !state.keys().containsValue(victim)) {
            return new Refused();
        }
        Held kept = held;
        if (held != null && held.type().heldByAll() && removed.contains(held.holder())) {
            kept = new Held(sender, held.type());
        }
        List<Notice> notices = new ArrayList<>();
        removed.forEach(r -> notices.add(new Notice(r, Attention.REGISTRATIONS_PREEMPTED)));
        return new Done(state.next(left, kept), notices, removed);
    }

    private Done takeOver(
            PersistentState state,
            Held before,
            ReservationType type,
            SequencedMap<Registrant, Long> left,
            List<Registrant> removed) {
        List<Notice> notices = new ArrayList<>();
        removed.forEach(r -> notices.add(new Notice(r, Attention.REGISTRATIONS_PREEMPTED)));
        if (before.type() != type && before.type().sharedByRegistrants()) {
            notices.addAll(tell(left, Attention.RESERVATIONS_RELEASED));
        }
        return new Done(state.next(left, new Held(sender, type)), notices, removed);
    }

    private Outcome move(PersistentState state, PersistentList list) {
        Held held = state.held();
        if (held == null || held.type().heldByAll() || !state.isHolder(sender)) {
            return new Refused();
        }
        TransportId to = list.moveTo();
        if (list.actionKey() == 0) {
            return new Faulty(Sense.invalidFieldInParameterList(KEY_OFFSET, 7));
        }
        if (list.relativePort() != sender.relativePort()) {
            return new Faulty(Sense.invalidFieldInParameterList(18, 7));
        }
        if (to == null || to.isid() < 0) {
            return new Faulty(Sense.invalidFieldInParameterList(PersistentList.BASIC_LENGTH, -1));
        }
        Registrant heir =
                new Registrant(
                        to.initiatorName(), to.isid(), sender.targetPort(), sender.relativePort());
        if (heir.equals(sender)) {
            return new Faulty(Sense.invalidFieldInParameterList(PersistentList.BASIC_LENGTH, -1));
        }
        SequencedMap<Registrant, Long> keys = PersistentState.copy(state.keys());
        keys.put(heir, list.actionKey());
        if (list.unregister()) {
            keys.remove(sender);
        }
        PersistentState next =
                new PersistentState(
                        state.generation() + 1, list.persist(), keys, new Held(heir, held.type()));
        return Done.of(next);
    }

    private List<Notice> tell(SequencedMap<Registrant, Long> keys, Attention attention) {
        return others(keys).stream().map(r -> new Notice(r, attention)).toList();
    }

    private List<Registrant> others(SequencedMap<Registrant, Long> keys) {
        return keys.keySet().stream().filter(r -> !r.equals(sender)).toList();
    }
}
