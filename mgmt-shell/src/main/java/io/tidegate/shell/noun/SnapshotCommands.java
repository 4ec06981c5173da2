package io.tidegate.shell.noun;

import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.Converters;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Listing;
import io.tidegate.shell.render.Result;
import io.tidegate.snapshot.MountInfo;
import io.tidegate.snapshot.SnapshotInfo;
import io.tidegate.snapshot.SnapshotService;
import io.tidegate.snapshot.SnapshotState;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.SnapshotUsage;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code snapshot}: points in time of volumes. */
@Command(
        name = "snapshot",
        aliases = "snap",
        description = "Points in time of volumes.",
        subcommands = {
            SnapshotCommands.ListSnapshots.class,
            SnapshotCommands.Show.class,
            SnapshotChanges.Create.class,
            SnapshotChanges.Set.class,
            SnapshotChanges.Mount.class,
            SnapshotChanges.Unmount.class,
            SnapshotCommands.Mounts.class,
            SnapshotCommands.Diff.class,
            SnapshotRemoval.Delete.class,
            SnapshotRemoval.Undelete.class,
            SnapshotRemoval.Purge.class
        })
public final class SnapshotCommands {

    private SnapshotCommands() {}

    @Command(name = "list", aliases = "ls", description = "Lists snapshots.")
    @About(
            access = Access.READ,
            examples = {
                "snapshot list --volume db01",
                "snapshot list --at -24h",
                "snapshot list --sizes --sort -used --limit 10"
            })
    static final class ListSnapshots extends Verb.Reading {
        @Option(
                names = "--volume",
                paramLabel = "VOLUME",
                description = "only of this volume",
                completionCandidates = Live.Volumes.class)
        @Nullable String volume;

        @Option(
                names = "--at",
                paramLabel = "TIME",
                description = "only the newest at or before this time, for each volume",
                converter = Converters.Moment.class)
        @Nullable Instant at;

        @Option(names = "--destroyed", description = "those that are gone, too")
        boolean destroyed;

        @Option(
                names = "--sizes",
                description =
                        "with what would come back without it (used) and what it shows"
                                + " (referenced)")
        boolean sizes;

        @Override
        public Result read() throws Exception {
            List<SnapshotInfo> found =
                    services()
                            .snapshots()
                            .list(
                                    new SnapshotService.Query(
                                            Optional.ofNullable(volume),
                                            Optional.ofNullable(at),
                                            destroyed));
            return sizes
                    ? listing(found, Optional.of(services().snapshots().usages(found)))
                    : listing(found);
        }
    }

    @Command(name = "show", description = "Shows a snapshot, and what would come back without it.")
    @About(
            access = Access.READ,
            examples = {"snapshot show db01@hourly-0200", "snapshot show db01@hourly-0200 -o json"})
    static final class Show extends Verb.Reading {
        @Parameters(
                paramLabel = "SNAPSHOT",
                description = "volume@name",
                completionCandidates = Live.Snapshots.class)
        String name = "";

        @Override
        public Result read() throws Exception {
            SnapshotInfo s = services().snapshots().show(name);
            boolean there = s.state() == SnapshotState.READY || s.state() == SnapshotState.DELETED;
            Result.Details details =
                    new Result.Details("Snapshot", s.name())
                            .with("name", s.name())
                            .with("volume", s.volumeName())
                            .with("taken", Cell.of(s.taken()))
                            .with("keepUntil", Cell.time(s.keepUntil()))
                            .with("kind", s.kind())
                            .with("state", Cell.of(s.state()))
                            .with("size", Cell.bytes(s.sizeBytes()));
            if (there) {
                SnapshotUsage usage = services().snapshots().usage(s);
                details.with("used", Cell.bytes(usage.uniqueBytes()))
                        .with("referenced", Cell.bytes(usage.referencedBytes()));
            }
            return details.with("label", s.label())
                    .with("heldBy", Cell.list(s.heldBy()))
                    .with("set", s.set().toString())
                    .with("deleted", Cell.time(s.deletedAt()))
                    .with("id", s.id().toString());
        }
    }

    @Command(
            name = "mounts",
            description = "Lists snapshots and QRV points that hosts see as LUNs.")
    @About(
            access = Access.READ,
            examples = {"snapshot mounts", "snapshot mounts --filter host=esx7"})
    static final class Mounts extends Verb.Reading {
        @Override
        public Result read() throws Exception {
            return Listing.<MountInfo>of("MountList", services().snapshots().mounts())
                    .column("what", m -> Cell.of(m.what()))
                    .column("host", m -> Cell.of(m.host()))
                    .column("target", m -> Cell.of(m.target()))
                    .column("lun", m -> Cell.count(m.lun()))
                    .column("writable", m -> Cell.of(m.writable()))
                    .column("unit", m -> Cell.of(m.unitName()))
                    .build();
        }
    }

    @Command(name = "diff", description = "Shows what changed from one snapshot to a later one.")
    @About(
            access = Access.READ,
            examples = {
                "snapshot diff db01@mon db01@tue",
                "snapshot diff db01@mon db01@tue --extents 20 -o json"
            })
    static final class Diff extends Verb.Reading {
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
                names = "--extents",
                paramLabel = "N",
                defaultValue = "0",
                description = "how many of the first changed extents are listed")
        int extents;

        @Override
        public Result read() throws Exception {
            SnapshotService.Difference d =
                    services().snapshots().diff(from, to, Math.max(0, extents), 0);
            Result.Details details =
                    new Result.Details("Difference", d.to().name())
                            .with("from", d.from().name())
                            .with("to", d.to().name())
                            .with("written", Cell.bytes(d.writtenBytes()))
                            .with("discarded", Cell.bytes(d.discardedBytes()))
                            .with("extents", Cell.count(d.extents()));
            if (extents > 0) {
                details.part(
                        "first",
                        Listing.<io.tidegate.block.ChangeStream.Change>of("ExtentList", d.first())
                                .column("offset", c -> Cell.count(c.offset()))
                                .column("length", c -> Cell.bytes(c.length()))
                                .column("kind", c -> Cell.of(c.kind()))
                                .build());
            }
            return details;
        }
    }

    static Listing listing(List<SnapshotInfo> snapshots) {
        return listing(snapshots, Optional.empty());
    }

    /**
     * @param sizes empty leaves their columns out
     */
    private static Listing listing(
            List<SnapshotInfo> snapshots, Optional<Map<SnapshotId, SnapshotUsage>> sizes) {
        Listing.Builder<SnapshotInfo> list =
                Listing.<SnapshotInfo>of("SnapshotList", snapshots)
                        .column("name", s -> Cell.of(s.name()))
                        .column("volume", s -> Cell.of(s.volumeName()))
                        .column("taken", "TAKEN (UTC)", s -> Cell.of(s.taken()))
                        .column("keepUntil", s -> Cell.time(s.keepUntil()))
                        .column("kind", s -> Cell.of(s.kind()))
                        .column("state", s -> Cell.of(s.state()));
        sizes.ifPresent(
                known ->
                        list.column("used", s -> size(known, s, SnapshotUsage::uniqueBytes))
                                .column(
                                        "referenced",
                                        s -> size(known, s, SnapshotUsage::referencedBytes)));
        return list.column("heldBy", s -> Cell.list(s.heldBy()))
                .wide("size", s -> Cell.bytes(s.sizeBytes()))
                .wide("label", s -> Cell.of(s.label()))
                .wide("deleted", s -> Cell.time(s.deletedAt()))
                .wide("set", s -> Cell.of(s.set().toString()))
                .wide("id", s -> Cell.of(s.id().toString()))
                .build();
    }

    private static Cell size(
            Map<SnapshotId, SnapshotUsage> known,
            SnapshotInfo snapshot,
            ToLongFunction<SnapshotUsage> value) {
        SnapshotUsage usage = known.get(snapshot.id());
        return usage == null ? Cell.absent() : Cell.bytes(value.applyAsLong(usage));
    }
}
