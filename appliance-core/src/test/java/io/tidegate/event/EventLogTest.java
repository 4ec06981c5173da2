package io.tidegate.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.catalog.Catalog;
import io.tidegate.event.Event.Severity;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventLogTest {

    @TempDir Path folder;

    @Test
    void keepsTheNewestAndTellsEverySink() {
        try (Catalog catalog = Catalog.open(folder.resolve("c.db"), Clock.systemUTC())) {
            EventLog log = new EventLog(catalog, 3);
            List<Event> heard = new ArrayList<>();
            log.addSink(
                    event -> {
                        throw new IllegalStateException("a sink that fails");
                    });
            log.addSink(heard::add);
            for (int i = 1; i <= 5; i++) {
                log.add(Severity.WARNING, "pool", "pool:fast", "event " + i);
            }
            assertThat(log.newest(10))
                    .extracting(Event::message)
                    .containsExactly("event 5", "event 4", "event 3");
            assertThat(heard).hasSize(5);
        }
    }
}
