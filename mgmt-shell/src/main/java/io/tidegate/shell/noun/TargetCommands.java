package io.tidegate.shell.noun;

import io.tidegate.audit.Request;
import io.tidegate.presentation.TargetInfo;
import io.tidegate.presentation.TargetInfo.Portal;
import io.tidegate.presentation.TargetInfo.Redirect;
import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.Converters;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Listing;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code target}: what hosts log in to. */
@Command(
        name = "target",
        description = "iSCSI targets and the portals that lead to them.",
        subcommands = {
            TargetCommands.ListTargets.class,
            TargetCommands.Show.class,
            TargetCommands.Create.class,
            TargetCommands.PortalNoun.class,
            TargetLogins.Redirect.class,
            TargetLogins.Discovery.class,
            TargetCommands.Delete.class
        })
public final class TargetCommands {

    private TargetCommands() {}

    /** {@code ADDR:PORT}, IPv6 in brackets. */
    static final class Address implements ITypeConverter<InetSocketAddress> {
        @Override
        public InetSocketAddress convert(String text) {
            int colon = text.lastIndexOf(':');
            String host = colon < 0 ? "" : text.substring(0, colon);
            String port = colon < 0 ? "" : text.substring(colon + 1);
            if (host.startsWith("[") && host.endsWith("]")) {
                host = host.substring(1, host.length() - 1);
            } else if (host.contains(":")) {
                host = "";
            }
            if (host.isEmpty() || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65535) {
                throw new TypeConversionException(
                        "'" + text + "' is no address: write ADDR:PORT, or [IPV6]:PORT");
            }
            return new InetSocketAddress(host, Integer.parseInt(port));
        }
    }

    @Command(name = "list", aliases = "ls", description = "Lists targets.")
    @About(
            access = Access.READ,
            examples = {"target list", "target list -o name"})
    static final class ListTargets extends Verb.Reading {
        @Override
        public Result read() {
            return Listing.<TargetInfo>of("TargetList", services().targets().list())
                    .column("name", t -> Cell.of(t.name()))
                    .column("alias", t -> Cell.of(t.alias()))
                    .column("portals", t -> Cell.list(portals(t)))
                    .build();
        }
    }

    @Command(name = "show", description = "Shows a target with its portals and redirects.")
    @About(
            access = Access.READ,
            examples = {
                "target show iqn.2026-11.io.tidegate:1a2b3c4d",
                "target show iqn.2026-11.io.tidegate:1a2b3c4d -o json"
            })
    static final class Show extends Verb.Reading {
        @Parameters(
                paramLabel = "TARGET",
                description = "its iSCSI name",
                completionCandidates = Hosts.TargetNames.class)
        String name = "";

        @Override
        public Result read() throws Exception {
            TargetInfo t = services().targets().show(name);
            return new Result.Details("Target", t.name())
                    .with("name", t.name())
                    .with("alias", t.alias())
                    .part(
                            "portals",
                            Listing.<Portal>of("PortalList", t.portals())
                                    .column("listen", p -> Cell.of(text(p.listen())))
                                    .column(
                                            "advertised",
                                            p ->
                                                    Cell.text(
                                                            p.advertised()
                                                                    .map(TargetCommands::text)))
                                    .column("group", p -> Cell.count(p.groupTag()))
                                    .build())
                    .part("redirects", redirects(t));
        }
    }

    @Command(name = "create", description = "Makes a target with its portals.")
    @About(
            access = Access.ADMINISTER,
            examples = {
                "target create iqn.2026-11.com.example:lab --portal 192.0.2.10:3260",
                "target create iqn.2026-11.com.example:lab --portal [2001:db8::10]:3260 --alias lab"
            })
    static final class Create extends Verb.Changing {
        @Parameters(
                paramLabel = "TARGET",
                description = "its iSCSI name",
                converter = Converters.IscsiName.class)
        String name = "";

        @Option(
                names = "--portal",
                required = true,
                paramLabel = "ADDR:PORT",
                description = "where it listens; repeatable",
                converter = Address.class)
        List<InetSocketAddress> addresses = new ArrayList<>();

        @Option(
                names = "--alias",
                paramLabel = "TEXT",
                defaultValue = "",
                description = "free text")
        String alias = "";

        @Override
        public Plan plan() {
            Plan plan = Plan.free("target create " + name);
            addresses.forEach(a -> plan.line("portal", text(a)));
            return plan;
        }

        @Override
        public Result apply(Request request) throws Exception {
            List<Portal> portals =
                    addresses.stream().map(a -> new Portal(a, Optional.empty(), 1)).toList();
            return done(services().targets().create(request, name, alias, portals), "created");
        }
    }

    /** {@code target portal}. */
    @Command(
            name = "portal",
            description = "Portals of a target.",
            subcommands = {AddPortal.class, RemovePortal.class})
    static final class PortalNoun {}

    @Command(name = "add", description = "Has a target listen at one more address.")
    @About(
            access = Access.ADMINISTER,
            examples = {
                "target portal add 192.0.2.10:3260",
                "target portal add 10.0.0.5:3260 --advertise 203.0.113.5:3260 --group 2"
            })
    static final class AddPortal extends OnPortal {
        @Option(
                names = "--advertise",
                paramLabel = "ADDR:PORT",
                description = "what hosts are told instead, for NAT and containers",
                converter = Address.class)
        @Nullable InetSocketAddress advertise;

        @Option(
                names = "--group",
                paramLabel = "TAG",
                defaultValue = "1",
                description = "portal group")
        int group;

        @Override
        public Plan plan() throws Exception {
            return Plan.free("target portal add " + text(address)).line("target", target());
        }

        @Override
        public Result apply(Request request) throws Exception {
            Portal portal = new Portal(address, Optional.ofNullable(advertise), group);
            return done(
                    services().targets().addPortal(request, target(), portal),
                    "listens at " + text(address));
        }
    }

    @Command(name = "remove", description = "Ends listening at an address; its sessions end.")
    @About(
            access = Access.ADMINISTER,
            examples = {
                "target portal remove 192.0.2.10:3260",
                "target portal remove 192.0.2.10:3260 --yes"
            })
    static final class RemovePortal extends OnPortal {
        @Override
        public Plan plan() throws Exception {
            return Plan.ask("target portal remove " + text(address))
                    .line("target", target())
                    .line("sessions", "those that came in at this address end");
        }

        @Override
        public Result apply(Request request) throws Exception {
            return done(
                    services().targets().removePortal(request, target(), address),
                    "no longer listens at " + text(address));
        }
    }

    /** A change of one portal. */
    abstract static class OnPortal extends Verb.Changing {
        @Parameters(
                paramLabel = "ADDR:PORT",
                description = "where it listens",
                converter = Address.class)
        InetSocketAddress address = new InetSocketAddress(0);

        @Option(
                names = "--target",
                paramLabel = "TARGET",
                description = "which target (default: the first)",
                completionCandidates = Hosts.TargetNames.class)
        @Nullable String target;

        String target() throws Exception {
            return target != null
                    ? services().targets().show(target).name()
                    : services().targets().list().getFirst().name();
        }
    }

    @Command(name = "delete", aliases = "rm", description = "Forgets a target without LUNs.")
    @About(
            access = Access.ADMINISTER,
            examples = {
                "target delete iqn.2026-11.com.example:lab",
                "target delete iqn.2026-11.com.example:lab --yes --confirm iqn.2026-11.com.example:lab"
            })
    static final class Delete extends Verb.Changing {
        @Parameters(
                paramLabel = "TARGET",
                description = "its iSCSI name",
                completionCandidates = Hosts.TargetNames.class)
        String name = "";

        @Override
        public Plan plan() throws Exception {
            TargetInfo t = services().targets().show(name);
            Plan plan = Plan.askName("target delete " + name, t.name());
            portals(t).forEach(p -> plan.line("portal", p));
            return plan;
        }

        @Override
        public Result apply(Request request) throws Exception {
            services().targets().delete(request, name);
            return new Result.Done("Target", name, "target " + name + " is forgotten");
        }
    }

    static Result done(TargetInfo t, String what) {
        return new Result.Done("Target", t.name(), "target " + t.name() + " " + what)
                .with("portals", Cell.list(portals(t)));
    }

    private static List<String> portals(TargetInfo target) {
        return target.portals().stream().map(p -> told(p) + "," + p.groupTag()).toList();
    }

    /** What hosts are told of a portal. */
    static String told(Portal portal) {
        return text(portal.advertised().orElse(portal.listen()));
    }

    private static Listing redirects(TargetInfo target) {
        return Listing.<Redirect>of("RedirectList", target.redirects())
                .column("host", r -> Cell.of(r.host().orElse("all")))
                .column("portal", r -> Cell.of(text(r.portal())))
                .column(
                        "advertised",
                        r ->
                                Cell.of(
                                        target.portal(r.portal())
                                                .map(TargetCommands::told)
                                                .orElse("gone: not in force")))
                .build();
    }

    static String text(InetSocketAddress address) {
        String host = address.getHostString();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    }
}
