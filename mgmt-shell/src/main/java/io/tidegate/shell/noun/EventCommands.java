package io.tidegate.shell.noun;

import io.tidegate.event.Event;
import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Listing;
import io.tidegate.shell.render.Result;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code event}: what happened without anybody asking for it. */
@Command(
        name = "event",
        description = "What happened in the appliance.",
        subcommands = EventCommands.ListEvents.class)
public final class EventCommands {

    private EventCommands() {}

    @Command(name = "list", aliases = "ls", description = "Lists events, newest first.")
    @About(
            access = Access.READ,
            examples = {"event list --last 20", "event list --filter severity=error"})
    static final class ListEvents extends Verb.Reading {
        @Option(
                names = "--last",
                paramLabel = "N",
                defaultValue = "200",
                description = "how many are looked at")
        int last;

        @Override
        public Result read() {
            return Listing.<Event>of("EventList", services().events().newest(Math.max(1, last)))
                    .column("at", "AT (UTC)", e -> Cell.of(e.at()))
                    .column("severity", e -> Cell.of(e.severity()))
                    .column("source", e -> Cell.of(e.source()))
                    .column("object", e -> Cell.of(e.object()))
                    .column("message", e -> Cell.of(e.message()))
                    .wide("sequence", e -> Cell.count(e.sequence()))
                    .build();
        }
    }
}
