package io.tidegate.recovery;

import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.ServiceException;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LogicalUnitId;
import io.tidegate.presentation.LunListener.UnitChange;
import io.tidegate.presentation.LunView;
import io.tidegate.presentation.Presentation;
import io.tidegate.presentation.SessionControl;
import io.tidegate.presentation.SessionControl.SessionInfo;
import io.tidegate.volume.VolumeId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What promotions and recoveries need of the logical units that hosts see, and of sessions. */
final class Units {

    private final Catalog catalog;
    private final Presentation presentation;

    Units(Catalog catalog, Presentation presentation) {
        this.catalog = catalog;
        this.presentation = presentation;
    }

    /** The unit as it is offered now; empty when it is offered to nobody. */
    Optional<LogicalUnit> find(LogicalUnitId id) {
        return presentation.unit(id);
    }

    /**
     * Brings a gated or held unit in line with its row, tells hosts, and opens or holds it.
     *
     * @param now what the row points at; a unit that was not offered is offered then
     */
    void follow(LogicalUnitId id, VolumeId now, Set<UnitChange> tell) throws ServiceException {
        if (presentation.unit(id).isPresent()) {
            presentation.applySwap(id, tell);
        } else {
            presentation.refresh(now);
        }
    }

    void refresh(VolumeId volume) {
        presentation.refresh(volume);
    }

    /** Sessions that see the unit. */
    List<SessionLine> sessions(LogicalUnitId id) {
        List<SessionLine> lines = new ArrayList<>();
        for (SessionInfo session : all()) {
            LunView view = presentation.luns(session.target(), session.initiator());
            if (sees(view, id)) {
                lines.add(line(session, view, id));
            }
        }
        return lines;
    }

    /** Sessions that still see the unit and had a write refused on it a short time ago. */
    List<SessionLine> refused(LogicalUnitId id, int seconds) {
        Instant since = catalog.clock().instant().minus(Duration.ofSeconds(seconds));
        List<SessionLine> lines = new ArrayList<>();
        for (SessionInfo session : all()) {
            Instant refused = session.refusedWrites().get(id);
            LunView view = presentation.luns(session.target(), session.initiator());
            if (refused != null && refused.isAfter(since) && sees(view, id)) {
                lines.add(line(session, view, id));
            }
        }
        return lines;
    }

    /** Ends the tasks of generations before {@code generation}. */
    void abandon(LogicalUnit unit, long generation) {
        presentation.sessions().ifPresent(sessions -> sessions.abandon(unit, generation));
    }

    private List<SessionInfo> all() {
        return presentation.sessions().map(SessionControl::sessions).orElse(List.of());
    }

    private static boolean sees(LunView view, LogicalUnitId id) {
        return view.all().stream().anyMatch(lun -> lun.unit().id().equals(id));
    }

    private static SessionLine line(SessionInfo session, LunView view, LogicalUnitId id) {
        return new SessionLine(
                view.host().isEmpty() ? session.initiator() : view.host(),
                session.initiator(),
                session.peer(),
                Optional.ofNullable(session.lastWrites().get(id)));
    }
}
