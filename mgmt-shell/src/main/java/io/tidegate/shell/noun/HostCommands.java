package io.tidegate.shell.noun;

import io.tidegate.audit.Request;
import io.tidegate.presentation.ChapCredentials;
import io.tidegate.presentation.HostInfo;
import io.tidegate.presentation.HostOs;
import io.tidegate.presentation.HostSpec;
import io.tidegate.presentation.LunInfo;
import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.CommandFailure;
import io.tidegate.shell.command.Converters;
import io.tidegate.shell.command.ExitCode;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Listing;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code host}: who sees LUNs. */
@Command(
        name = "host",
        description = "Hosts: named sets of initiators that see the same LUNs.",
        subcommands = {
            HostCommands.ListHosts.class,
            HostCommands.Show.class,
            HostCommands.Create.class,
            HostCommands.Set.class,
            HostCommands.Initiator.class,
            HostCommands.Delete.class
        })
public final class HostCommands {

    private HostCommands() {}

    @Command(name = "list", aliases = "ls", description = "Lists hosts.")
    @About(
            access = Access.READ,
            examples = {"host list", "host list --filter os=esx -o name"})
    static final class ListHosts extends Verb.Reading {
        @Override
        public Result read() {
            return Listing.<HostInfo>of("HostList", services().hosts().list())
                    .column("name", h -> Cell.of(h.name()))
                    .column("initiators", h -> initiators(h))
                    .column("os", h -> Cell.of(h.os()))
                    .column("chap", h -> Cell.text(h.chapUser()))
                    .column("luns", h -> Cell.count(h.luns()))
                    .wide("mutualChap", h -> Cell.text(h.mutualUser()))
                    .wide("anyInitiator", h -> Cell.of(h.anyInitiator()))
                    .wide("created", h -> Cell.of(h.createdAt()))
                    .build();
        }
    }

    @Command(name = "show", description = "Shows a host with its initiators and LUNs.")
    @About(
            access = Access.READ,
            examples = {"host show esx7", "host show esx7 -o json"})
    static final class Show extends Verb.Reading {
        @Parameters(
                paramLabel = "HOST",
                description = "its name",
                completionCandidates = Hosts.Names.class)
        String name = "";

        @Override
        public Result read() throws Exception {
            HostInfo h = services().hosts().show(name);
            List<LunInfo> luns = services().luns().list(Optional.of(h.name()), Optional.empty());
            return new Result.Details("Host", h.name())
                    .with("name", h.name())
                    .with("initiators", initiators(h))
                    .with("anyInitiator", Cell.of(h.anyInitiator()))
                    .with("os", Cell.of(h.os()))
                    .with("chap", Cell.text(h.chapUser()))
                    .with("mutualChap", Cell.text(h.mutualUser()))
                    .with("created", Cell.of(h.createdAt()))
                    .part("lunList", LunCommands.listing(luns));
        }
    }

    @Command(name = "create", description = "Makes a host of one or several initiators.")
    @About(
            access = Access.OPERATE,
            examples = {
                "host create esx7 --iqn iqn.1998-01.com.example:esx7 --os esx",
                "host create lab --any-initiator --yes"
            })
    static final class Create extends Verb.Changing {
        @Parameters(
                paramLabel = "HOST",
                description = "its name",
                converter = Converters.NewName.class)
        String name = "";

        @Option(
                names = "--iqn",
                paramLabel = "IQN",
                split = ",",
                description = "iSCSI names of its initiators; repeatable",
                converter = Converters.IscsiName.class)
        List<String> iqns = new ArrayList<>();

        @Option(
                names = "--any-initiator",
                description = "everyone whom no other host has; for laboratories (role admin)")
        boolean any;

        @Option(
                names = "--os",
                paramLabel = "OS",
                defaultValue = "linux",
                description = "linux, windows, esx or other; a hint")
        HostOs os = HostOs.LINUX;

        @Option(
                names = "--chap-user",
                paramLabel = "USER",
                description = "what its initiators prove; the secret is asked for")
        @Nullable String chapUser;

        private Optional<ChapCredentials> chap = Optional.empty();

        @Override
        public Plan plan() throws Exception {
            if (any != iqns.isEmpty()) {
                throw CommandFailure.usage(
                        "no host was made",
                        "say who it is by either --iqn or --any-initiator",
                        "help host create");
            }
            if (any && !caller().may(Access.ADMINISTER)) {
                throw new CommandFailure(
                        ExitCode.DENIED,
                        "DENIED",
                        "no host was made",
                        "--any-initiator needs the role admin",
                        List.of("name the initiators: --iqn IQN"));
            }
            Plan plan =
                    any
                            ? Plan.ask("host create " + name + " --any-initiator")
                            : Plan.free("host create " + name);
            iqns.forEach(iqn -> plan.line("initiator", iqn));
            if (any) {
                plan.line("warning", "whoever reaches a portal sees the LUNs of this host");
            }
            return plan.line("chap", chapUser == null ? "none" : chapUser);
        }

        @Override
        public Result apply(Request request) throws Exception {
            if (chapUser != null) {
                chap = Optional.of(Secrets.chap(call().console(), chapUser, Optional.empty()));
            }
            HostInfo h =
                    services().hosts().create(request, new HostSpec(name, iqns, any, os, chap));
            return done(h, "created");
        }
    }

    @Command(name = "set", description = "Changes CHAP and the kind of system of a host.")
    @About(
            access = Access.OPERATE,
            examples = {"host set esx7 --chap-user esx7", "host set esx7 --no-chap --yes"})
    static final class Set extends Verb.Changing {
        @Parameters(
                paramLabel = "HOST",
                description = "its name",
                completionCandidates = Hosts.Names.class)
        String name = "";

        @Option(names = "--os", paramLabel = "OS", description = "linux, windows, esx or other")
        @Nullable HostOs os;

        @Option(
                names = "--chap-user",
                paramLabel = "USER",
                description =
                        "what its initiators prove from the next log-in on; asks for the secret")
        @Nullable String chapUser;

        @Option(
                names = "--mutual-user",
                paramLabel = "USER",
                description = "what targets prove to them; with --chap-user; asks for the secret")
        @Nullable String mutualUser;

        @Option(names = "--no-chap", description = "they prove nothing any more")
        boolean noChap;

        @Override
        public Plan plan() throws Exception {
            HostInfo h = services().hosts().show(name);
            if (os == null && chapUser == null && !noChap) {
                throw CommandFailure.usage(
                        "nothing was set", "no option says what to set", "help host set");
            }
            if (noChap && chapUser != null || mutualUser != null && chapUser == null) {
                throw CommandFailure.usage(
                        "nothing was set",
                        "these options do not go together",
                        "--chap-user U --mutual-user M, or --no-chap");
            }
            Plan plan =
                    noChap
                            ? Plan.ask("host set " + name + " --no-chap")
                            : Plan.free("host set " + name);
            if (noChap) {
                plan.line(
                        "chap",
                        h.chapUser().orElse("none") + " to none: anyone with its name gets in");
            } else if (chapUser != null) {
                plan.line("chap", h.chapUser().orElse("none") + " to " + chapUser);
            }
            if (os != null) {
                plan.line("os", h.os().text() + " to " + os.text());
            }
            return plan;
        }

        @Override
        public Result apply(Request request) throws Exception {
            HostInfo h = services().hosts().show(name);
            if (os != null) {
                h = services().hosts().setOs(request, name, os);
            }
            if (chapUser != null) {
                ChapCredentials chap =
                        Secrets.chap(call().console(), chapUser, Optional.ofNullable(mutualUser));
                h = services().hosts().setChap(request, name, Optional.of(chap));
            } else if (noChap) {
                h = services().hosts().setChap(request, name, Optional.empty());
            }
            return done(h, "changed");
        }
    }

    /** {@code host initiator}. */
    @Command(
            name = "initiator",
            description = "Initiators of a host.",
            subcommands = {AddInitiator.class, RemoveInitiator.class})
    static final class Initiator {}

    @Command(name = "add", description = "Gives a host one more initiator.")
    @About(
            access = Access.OPERATE,
            examples = {
                "host initiator add esx7 iqn.1998-01.com.example:esx7b",
                "host initiator add esx7 iqn.1998-01.com.example:esx7b -q"
            })
    static final class AddInitiator extends OnInitiator {
        @Override
        public Plan plan() throws Exception {
            services().hosts().show(name);
            return Plan.free("host initiator add " + name + " " + iqn);
        }

        @Override
        public Result apply(Request request) throws Exception {
            return done(services().hosts().addInitiator(request, name, iqn), "has " + iqn);
        }
    }

    @Command(name = "remove", description = "Takes an initiator from a host; it sees no LUN then.")
    @About(
            access = Access.OPERATE,
            examples = {
                "host initiator remove esx7 iqn.1998-01.com.example:esx7b",
                "host initiator remove esx7 iqn.1998-01.com.example:esx7b --yes"
            })
    static final class RemoveInitiator extends OnInitiator {
        @Override
        public Plan plan() throws Exception {
            HostInfo h = services().hosts().show(name);
            return Plan.ask("host initiator remove " + name + " " + iqn)
                    .line("loses", iqn + " loses " + h.luns() + " LUNs");
        }

        @Override
        public Result apply(Request request) throws Exception {
            return done(services().hosts().removeInitiator(request, name, iqn), "lost " + iqn);
        }
    }

    /** A change of one initiator of a host. */
    abstract static class OnInitiator extends Verb.Changing {
        @Parameters(
                index = "0",
                paramLabel = "HOST",
                description = "its name",
                completionCandidates = Hosts.Names.class)
        String name = "";

        @Parameters(
                index = "1",
                paramLabel = "IQN",
                description = "iSCSI name of the initiator",
                converter = Converters.IscsiName.class)
        String iqn = "";
    }

    @Command(name = "delete", aliases = "rm", description = "Forgets a host without LUNs.")
    @About(
            access = Access.OPERATE,
            examples = {"host delete esx7", "host delete esx7 --yes --confirm esx7"})
    static final class Delete extends Verb.Changing {
        @Parameters(
                paramLabel = "HOST",
                description = "its name",
                completionCandidates = Hosts.Names.class)
        String name = "";

        @Override
        public Plan plan() throws Exception {
            HostInfo h = services().hosts().show(name);
            Plan plan = Plan.askName("host delete " + name, h.name());
            h.initiators().forEach(iqn -> plan.line("initiator", iqn));
            return plan.line("luns", h.luns() + " mapped");
        }

        @Override
        public Result apply(Request request) throws Exception {
            services().hosts().delete(request, name);
            return new Result.Done("Host", name, "host " + name + " is forgotten");
        }
    }

    private static Cell initiators(HostInfo host) {
        return host.anyInitiator() ? Cell.list(List.of("any")) : Cell.list(host.initiators());
    }

    private static Result.Done done(HostInfo h, String what) {
        return new Result.Done("Host", h.name(), "host " + h.name() + " " + what)
                .with("initiators", Cell.list(h.initiators()));
    }
}
