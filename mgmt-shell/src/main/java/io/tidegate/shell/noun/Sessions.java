package io.tidegate.shell.noun;

import io.tidegate.recovery.SessionLine;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.value.Spans;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/** Who is in the way, for plans. */
final class Sessions {

    private Sessions() {}

    static void describe(Plan plan, List<SessionLine> sessions, Clock clock) {
        if (sessions.isEmpty()) {
            plan.line("sessions", "none");
        }
        for (SessionLine s : sessions) {
            String wrote =
                    s.lastWrite()
                            .map(t -> Spans.format(Duration.between(t, clock.instant())))
                            .map(span -> "last write " + span + " ago")
                            .orElse("no write seen");
            plan.line(
                    "sessions",
                    s.host() + " " + s.initiator() + " from " + s.peer() + ", " + wrote);
        }
    }
}
