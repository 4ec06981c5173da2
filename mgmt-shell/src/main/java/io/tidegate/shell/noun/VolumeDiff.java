package io.tidegate.shell.noun;

import io.tidegate.block.ChangeStream.Change;
import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.Converters;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Listing;
import io.tidegate.shell.render.Result;
import io.tidegate.snapshot.SnapshotService;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists what changed between two snapshots, a bounded piece at a time. */
@Command(
        name = "diff",
        description =
                "Lists the extents that changed from one snapshot of a volume to a later one.")
@About(
        access = Access.READ,
        examples = {
            "volume diff db01@mon db01@tue",
            "volume diff db01@mon db01@tue --limit 100 -o json",
            "volume diff db01@mon db01@tue --from-offset 10737418240"
        })
final class VolumeDiff extends Verb.Reading {

    /** Without {@code --limit}: what a person and a terminal can bear. */
    static final int MOST = 1000;

    @Parameters(
            index = "0",
            paramLabel = "FROM",
            description = "the earlier snapshot",
            completionCandidates = Live.Snapshots.class)
    String from = "";

    @Parameters(
            index = "1",
            paramLabel = "TO",
            description = "the later snapshot of the same volume",
            completionCandidates = Live.Snapshots.class)
    String to = "";

    @Option(
            names = "--from-offset",
            paramLabel = "BYTES",
            defaultValue = "0",
            description = "only what changed at or above it; lists longer than --limit name it",
            converter = Converters.Size.class)
    long offset;

    @Override
    public Result read() throws Exception {
        int most = limit() > 0 ? limit() : MOST;
        SnapshotService.Difference d = services().snapshots().diff(from, to, most, offset);
        Listing list =
                Listing.<Change>of("ExtentList", d.first())
                        .column("offset", c -> Cell.count(c.offset()))
                        .column("length", c -> Cell.bytes(c.length()))
                        .column("kind", c -> Cell.of(c.kind()))
                        .build()
                        .total("extents", Cell.count(d.extents()))
                        .total("written", Cell.bytes(d.writtenBytes()))
                        .total("discarded", Cell.bytes(d.discardedBytes()));
        return d.next().map(next -> list.continued(rest(d, next))).orElse(list);
    }

    private static Listing.Next rest(SnapshotService.Difference d, long next) {
        return new Listing.Next(
                Long.toString(next),
                "volume diff %s %s --from-offset %d"
                        .formatted(d.from().name(), d.to().name(), next));
    }
}
