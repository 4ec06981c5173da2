package io.tidegate.target.reservation;

import io.tidegate.scsi.Sense;
import io.tidegate.target.attention.Attention;
import java.util.List;

/** What came of a PERSISTENT RESERVE OUT. */
public sealed interface Outcome {

    /** RESERVATION CONFLICT; nothing changed. */
    record Refused() implements Outcome {}

    /** CHECK CONDITION; nothing changed. */
    record Faulty(Sense sense) implements Outcome {}

    /**
     * GOOD, once the state is kept.
     *
     * @param state may be the same as before
     * @param notices who is to be told what
     * @param ended nexuses that lost their registration to another: their copies end before the
     *     answer, and with PREEMPT AND ABORT their tasks
     */
    record Done(PersistentState state, List<Notice> notices, List<Registrant> ended)
            implements Outcome {

        static Done of(PersistentState state) {
            return new Done(state, List.of(), List.of());
        }
    }

    /** An attention for one nexus. */
    record Notice(Registrant to, Attention attention) {}
}
