package io.tidegate.shell.noun;

import io.tidegate.presentation.LogicalUnit;
import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Listing;
import io.tidegate.shell.render.Result;
import io.tidegate.snapshot.SnapshotInfo;
import io.tidegate.snapshot.SnapshotService;
import io.tidegate.volume.VolumeInfo;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeUsage;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code volume}: what hosts get their LUNs from. */
@Command(
        name = "volume",
        aliases = "vol",
        description = "Volumes and the logical units that show them to hosts.",
        subcommands = {
            VolumeCommands.ListVolumes.class,
            VolumeCommands.Show.class,
            VolumeDiff.class,
            VolumeChanges.Create.class,
            VolumeChanges.Resize.class,
            VolumeChanges.Set.class,
            VolumeChanges.Rename.class,
            VolumeChanges.Offline.class,
            VolumeChanges.Online.class,
            VolumeRemoval.Delete.class,
            VolumeRemoval.Undelete.class,
            VolumeRemoval.Purge.class
        })
public final class VolumeCommands {

    private VolumeCommands() {}

    @Command(name = "list", aliases = "ls", description = "Lists volumes.")
    @About(
            access = Access.READ,
            examples = {"volume list --pool fast", "volume list --deleted -o json"})
    static final class ListVolumes extends Verb.Reading {
        @Option(
                names = "--pool",
                paramLabel = "POOL",
                description = "only those of this pool",
                completionCandidates = Live.Pools.class)
        @Nullable String pool;

        @Option(names = "--deleted", description = "those in the bin instead")
        boolean deleted;

        @Override
        public Result read() throws Exception {
            return Listing.<VolumeInfo>of(
                            "VolumeList",
                            services().volumes().list(Optional.ofNullable(pool), deleted))
                    .column("name", v -> Cell.of(v.volume().name()))
                    .column("pool", v -> Cell.of(v.poolName()))
                    .column("size", v -> Cell.bytes(v.volume().sizeBytes()))
                    .column("used", v -> bytes(v, VolumeUsage::mappedBytes))
                    .column("snapshots", v -> bytes(v, VolumeUsage::keptBySnapshotsBytes))
                    .column("kind", v -> Cell.of(v.volume().kind()))
                    .column("state", v -> Cell.of(v.volume().state()))
                    .column("heldBy", v -> Cell.list(v.heldBy()))
                    .wide("block", v -> Cell.count(logical(v.volume())))
                    .wide("readOnly", v -> Cell.of(v.volume().readOnly()))
                    .wide("label", v -> Cell.of(v.volume().label()))
                    .wide("created", v -> Cell.of(v.volume().createdAt()))
                    .wide("purgeAfter", v -> Cell.time(v.volume().purgeAfter()))
                    .wide("id", v -> Cell.of(v.volume().id().toString()))
                    .build();
        }
    }

    @Command(
            name = "show",
            description = "Shows a volume: space, blocks, snapshots, QRVs, and what holds it.")
    @About(
            access = Access.READ,
            examples = {"volume show db01", "volume show db01 -o json"})
    static final class Show extends Verb.Reading {
        @Parameters(
                paramLabel = "VOLUME",
                description = "its name",
                completionCandidates = Live.Volumes.class)
        String name = "";

        @Override
        public Result read() throws Exception {
            VolumeInfo info = services().volumes().show(name);
            VolumeRecord v = info.volume();
            List<SnapshotInfo> snapshots =
                    services()
                            .snapshots()
                            .list(
                                    new SnapshotService.Query(
                                            Optional.of(v.name()), Optional.empty(), false));
            Optional<LogicalUnit> unit = services().presentation().unitOf(v.id());
            return new Result.Details("Volume", v.name())
                    .with("name", v.name())
                    .with("pool", info.poolName())
                    .with("kind", Cell.of(v.kind()))
                    .with("state", Cell.of(v.state()))
                    .with("size", Cell.bytes(v.sizeBytes()))
                    .with("used", bytes(info, VolumeUsage::mappedBytes))
                    .with("exclusive", bytes(info, VolumeUsage::exclusiveBytes))
                    .with("shared", bytes(info, VolumeUsage::sharedBytes))
                    .with("keptBySnapshots", bytes(info, VolumeUsage::keptBySnapshotsBytes))
                    .with("reserved", bytes(info, VolumeUsage::reservedBytes))
                    .with("block", Cell.count(logical(v)))
                    .with("physicalBlock", Cell.count(v.shape().geometry().physicalBlockBytes()))
                    .with("granularity", Cell.count(v.shape().granularityBytes()))
                    .with("thin", Cell.of(v.thin()))
                    .with("writeCache", Cell.of(v.writeCache()))
                    .with("readOnly", Cell.of(v.readOnly()))
                    .with("removable", Cell.of(v.removable()))
                    .with("label", v.label())
                    .with("heldBy", Cell.list(info.heldBy()))
                    .with("naa", Cell.text(unit.map(u -> u.identity().naa())))
                    .with("serial", Cell.text(unit.map(u -> u.identity().serial())))
                    .with("unit", unit.map(u -> Cell.of(u.state())).orElse(Cell.absent()))
                    .with("created", Cell.of(v.createdAt()))
                    .with("deleted", Cell.time(v.deletedAt()))
                    .with("purgeAfter", Cell.time(v.purgeAfter()))
                    .with("id", v.id().toString())
                    .part(
                            "lunList",
                            LunCommands.listing(
                                    services()
                                            .luns()
                                            .list(Optional.empty(), Optional.of(v.name()))))
                    .part("snapshotList", SnapshotCommands.listing(snapshots))
                    .part(
                            "qrvList",
                            QrvCommands.listing(
                                    services().qrvs().list(false).stream()
                                            .filter(q -> q.sourceVolume().equals(v.id()))
                                            .toList()));
        }
    }

    private static int logical(VolumeRecord volume) {
        return volume.shape().geometry().logicalBlockBytes();
    }

    private static Cell bytes(VolumeInfo volume, ToLongFunction<VolumeUsage> value) {
        return volume.usage()
                .<Cell>map(u -> Cell.bytes(value.applyAsLong(u)))
                .orElse(Cell.absent());
    }
}
