package io.tidegate.shell.noun;

import io.tidegate.recovery.QrvInfo;
import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Listing;
import io.tidegate.shell.render.Result;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code qrv}: quick recovery volumes. */
@Command(
        name = "qrv",
        description = "Quick recovery volumes: replicas that can take a primary's place.",
        subcommands = {
            QrvCommands.ListQrvs.class,
            QrvCommands.Show.class,
            QrvJobs.Create.class,
            QrvJobs.Refresh.class,
            QrvJobs.Verify.class,
            QrvChanges.Mount.class,
            QrvChanges.Unmount.class,
            QrvPromote.class,
            QrvChanges.Delete.class,
            QrvChanges.Undelete.class,
            QrvChanges.Purge.class
        })
public final class QrvCommands {

    private QrvCommands() {}

    @Command(name = "list", aliases = "ls", description = "Lists QRVs with their lag and age.")
    @About(
            access = Access.READ,
            examples = {"qrv list", "qrv list --sort -lag"})
    static final class ListQrvs extends Verb.Reading {
        @Option(names = "--destroyed", description = "those that are gone, too")
        boolean destroyed;

        @Option(
                names = "--volume",
                paramLabel = "VOLUME",
                description = "only of this volume",
                completionCandidates = Live.Volumes.class)
        @Nullable String volume;

        @Override
        public Result read() throws Exception {
            return listing(
                    services().qrvs().list(destroyed).stream()
                            .filter(q -> volume == null || q.source().equals(volume))
                            .toList());
        }
    }

    @Command(name = "show", description = "Shows a QRV: its point, what the last refresh moved.")
    @About(
            access = Access.READ,
            examples = {"qrv show db01-q1", "qrv show db01-q1 -o json"})
    static final class Show extends Verb.Reading {
        @Parameters(
                paramLabel = "QRV",
                description = "its name",
                completionCandidates = Live.Qrvs.class)
        String name = "";

        @Override
        public Result read() throws Exception {
            QrvInfo q = services().qrvs().show(name);
            return new Result.Details("Qrv", q.name())
                    .with("name", q.name())
                    .with("source", q.source())
                    .with("pool", q.pool())
                    .with("size", Cell.bytes(q.sizeBytes()))
                    .with("state", Cell.of(q.state()))
                    .with("detail", q.detail())
                    .with("point", Cell.time(q.point()))
                    .with("lag", q.lag().<Cell>map(Cell::of).orElse(Cell.absent()))
                    .with("age", q.age().<Cell>map(Cell::of).orElse(Cell.absent()))
                    .with("created", Cell.of(q.created()))
                    .with("refreshed", Cell.time(q.refreshed()))
                    .with("lastChangedBytes", Cell.bytes(q.bytesChanged()))
                    .with("lastCopiedBytes", Cell.bytes(q.bytesMoved()))
                    .with("verified", Cell.time(q.verifiedAt()))
                    .with("base", Cell.text(q.base().map(Object::toString)))
                    .with("pointSnapshot", Cell.text(q.pointSnapshot().map(Object::toString)))
                    .with("volumeId", q.volume().toString())
                    .with("id", q.id().toString());
        }
    }

    static Listing listing(List<QrvInfo> qrvs) {
        return Listing.<QrvInfo>of("QrvList", qrvs)
                .column("name", q -> Cell.of(q.name()))
                .column("source", q -> Cell.of(q.source()))
                .column("pool", q -> Cell.of(q.pool()))
                .column("state", q -> Cell.of(q.state()))
                .column("point", "POINT (UTC)", q -> Cell.time(q.point()))
                .column("lag", q -> q.lag().<Cell>map(Cell::of).orElse(Cell.absent()))
                .column("age", q -> q.age().<Cell>map(Cell::of).orElse(Cell.absent()))
                .column("size", q -> Cell.bytes(q.sizeBytes()))
                .wide("lastChangedBytes", q -> Cell.bytes(q.bytesChanged()))
                .wide("lastCopiedBytes", q -> Cell.bytes(q.bytesMoved()))
                .wide("refreshed", q -> Cell.time(q.refreshed()))
                .wide("verified", q -> Cell.time(q.verifiedAt()))
                .wide("detail", q -> Cell.of(q.detail()))
                .wide("id", q -> Cell.of(q.id().toString()))
                .build();
    }
}
