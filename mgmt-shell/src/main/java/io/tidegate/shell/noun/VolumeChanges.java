package io.tidegate.shell.noun;

import io.tidegate.audit.Request;
import io.tidegate.catalog.ServiceException;
import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.CommandFailure;
import io.tidegate.shell.command.Converters;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import io.tidegate.volume.PoolId;
import io.tidegate.volume.VolumeInfo;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeService;
import io.tidegate.volume.VolumeSpec;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Verbs that make and change volumes. */
final class VolumeChanges {

    private VolumeChanges() {}

    @Command(name = "create", description = "Makes an empty volume; it reads as zeroes.")
    @About(
            access = Access.OPERATE,
            examples = {
                "volume create db01 --pool fast --size 500GiB",
                "volume create iso --pool capacity --size 8G --block 4096 --write-cache off"
            })
    static final class Create extends Verb.Changing {
        @Parameters(
                paramLabel = "VOLUME",
                description = "its name",
                converter = Converters.NewName.class)
        String name = "";

        @Option(
                names = "--pool",
                required = true,
                paramLabel = "POOL",
                description = "where it gets its space from",
                completionCandidates = Live.Pools.class)
        String pool = "";

        @Option(
                names = "--size",
                required = true,
                paramLabel = "SIZE",
                description = "whole blocks",
                converter = Converters.Size.class)
        long size;

        @Option(
                names = "--block",
                paramLabel = "BYTES",
                defaultValue = "512",
                description = "logical block, 512 or 4096",
                converter = Converters.Size.class)
        long block;

        @Option(
                names = "--physical-block",
                paramLabel = "SIZE",
                defaultValue = "4k",
                description = "physical block that hosts are told",
                converter = Converters.Size.class)
        long physical;

        @Option(
                names = "--thick",
                description =
                        "set space aside for all of it, so that no write fails for want of space;"
                                + " hosts are not told that unmapped blocks are free")
        boolean thick;

        @Option(
                names = "--write-cache",
                paramLabel = "on|off",
                defaultValue = "on",
                description = "answer writes before they are durable",
                arity = "1",
                converter = Converters.OnOff.class)
        boolean writeCache;

        @Option(names = "--removable", description = "tell hosts that the medium can be ejected")
        boolean removable;

        @Option(names = "--read-only", description = "no host may write")
        boolean readOnly;

        @Option(
                names = "--label",
                paramLabel = "TEXT",
                defaultValue = "",
                description = "free text")
        String label = "";

        @Override
        public Plan plan() throws Exception {
            PoolId in = services().pools().find(pool).id();
            Plan plan = Plan.free("volume create " + name);
            try {
                services().pools().admit(in, "volume " + name + " is not made");
            } catch (ServiceException e) { // said here, refused when it is done
                plan.line("refused", e.why());
            }
            return plan.line("volume", Cell.bytes(size).human() + " in pool " + pool)
                    .line("blocks", block + " bytes logical, " + physical + " physical")
                    .line(
                            "space",
                            thick ? "all of it is set aside now" : "thin: taken when written");
        }

        @Override
        public Result apply(Request request) throws Exception {
            VolumeRecord made =
                    services()
                            .volumes()
                            .create(
                                    request,
                                    new VolumeSpec(
                                            name,
                                            pool,
                                            size,
                                            Math.toIntExact(Math.min(block, Integer.MAX_VALUE)),
                                            Math.toIntExact(Math.min(physical, Integer.MAX_VALUE)),
                                            0,
                                            !thick,
                                            writeCache,
                                            removable,
                                            readOnly,
                                            label));
            return done(made, "created").with("size", Cell.bytes(made.sizeBytes()));
        }
    }

    @Command(name = "resize", description = "Grows a volume; hosts are told.")
    @About(
            access = Access.OPERATE,
            examples = {
                "volume resize db01 --size 600GiB",
                "volume resize db01 --size 1T --dry-run"
            })
    static final class Resize extends OnVolume {
        @Option(
                names = "--size",
                required = true,
                paramLabel = "SIZE",
                description = "the new size; a volume never shrinks",
                converter = Converters.Size.class)
        long size;

        @Override
        public Plan plan() throws Exception {
            VolumeInfo now = services().volumes().show(name);
            return Plan.free("volume resize " + name)
                    .line(
                            "size",
                            Cell.bytes(now.volume().sizeBytes()).human()
                                    + " to "
                                    + Cell.bytes(size).human());
        }

        @Override
        public Result apply(Request request) throws Exception {
            VolumeRecord v = services().volumes().resize(request, name, size);
            return done(v, "has " + Cell.bytes(v.sizeBytes()).human())
                    .with("size", Cell.bytes(v.sizeBytes()));
        }
    }

    @Command(name = "set", description = "Changes flags and label of a volume.")
    @About(
            access = Access.OPERATE,
            examples = {
                "volume set db01 --write-cache off",
                "volume set db01 --read-only on --yes"
            })
    static final class Set extends OnVolume {
        @Option(
                names = "--write-cache",
                paramLabel = "on|off",
                description = "answer writes before they are durable",
                arity = "1",
                converter = Converters.OnOff.class)
        @Nullable Boolean writeCache;

        @Option(
                names = "--read-only",
                paramLabel = "on|off",
                description = "whether no host may write",
                arity = "1",
                converter = Converters.OnOff.class)
        @Nullable Boolean readOnly;

        @Option(names = "--label", paramLabel = "TEXT", description = "free text")
        @Nullable String label;

        @Override
        public Plan plan() throws Exception {
            if (writeCache == null && readOnly == null && label == null) {
                throw CommandFailure.usage(
                        "nothing was set", "no option says what to set", "help volume set");
            }
            VolumeRecord v = services().volumes().show(name).volume();
            boolean takesWritesAway = Boolean.TRUE.equals(readOnly) && !v.readOnly();
            Plan plan =
                    takesWritesAway
                            ? Plan.ask("volume set " + name)
                            : Plan.free("volume set " + name);
            change(plan, "write-cache", v.writeCache(), writeCache);
            change(plan, "read-only", v.readOnly(), readOnly);
            if (label != null) {
                plan.line("label", label);
            }
            return plan;
        }

        private static void change(Plan plan, String what, boolean now, @Nullable Boolean then) {
            if (then != null) {
                plan.line(what, (now ? "on" : "off") + " to " + (then ? "on" : "off"));
            }
        }

        @Override
        public Result apply(Request request) throws Exception {
            VolumeRecord v =
                    services()
                            .volumes()
                            .set(
                                    request,
                                    name,
                                    new VolumeService.Settings(
                                            Optional.ofNullable(writeCache),
                                            Optional.ofNullable(readOnly),
                                            Optional.ofNullable(label)));
            return done(v, "changed");
        }
    }

    @Command(name = "rename", description = "Gives a volume another name; identity and LUNs stay.")
    @About(
            access = Access.OPERATE,
            examples = {"volume rename db01 --name sales-db", "volume rename db01 --name db01a -q"})
    static final class Rename extends OnVolume {
        @Option(
                names = "--name",
                required = true,
                paramLabel = "NEW",
                description = "the new name",
                converter = Converters.NewName.class)
        String fresh = "";

        @Override
        public Plan plan() throws Exception {
            services().volumes().show(name);
            return Plan.free("volume rename " + name).line("name", name + " to " + fresh);
        }

        @Override
        public Result apply(Request request) throws Exception {
            return done(services().volumes().rename(request, name, fresh), "is the new name");
        }
    }

    @Command(name = "offline", description = "Refuses hosts' reads and writes; LUNs stay mapped.")
    @About(
            access = Access.OPERATE,
            examples = {"volume offline db01", "volume offline db01 --yes --reason maintenance"})
    static final class Offline extends OnVolume {
        @Override
        public Plan plan() throws Exception {
            VolumeInfo v = services().volumes().show(name);
            Plan plan = Plan.ask("volume offline " + name);
            v.heldBy().forEach(holder -> plan.line("used by", holder));
            return plan.line("after", "hosts get errors until volume online " + name);
        }

        @Override
        public Result apply(Request request) throws Exception {
            return done(services().volumes().offline(request, name), "is offline");
        }
    }

    @Command(name = "online", description = "Lets hosts read and write again.")
    @About(
            access = Access.OPERATE,
            examples = {"volume online db01", "volume online db01 -o json"})
    static final class Online extends OnVolume {
        @Override
        public Plan plan() throws Exception {
            services().volumes().show(name);
            return Plan.free("volume online " + name);
        }

        @Override
        public Result apply(Request request) throws Exception {
            return done(services().volumes().online(request, name), "is online");
        }
    }

    /** A change of one volume. */
    abstract static class OnVolume extends Verb.Changing {
        @Parameters(
                paramLabel = "VOLUME",
                description = "its name",
                completionCandidates = Live.Volumes.class)
        String name = "";
    }

    static Result.Done done(VolumeRecord v, String what) {
        return new Result.Done("Volume", v.name(), "volume " + v.name() + " " + what)
                .with("id", Cell.of(v.id().toString()))
                .with("state", Cell.of(v.state()));
    }
}
