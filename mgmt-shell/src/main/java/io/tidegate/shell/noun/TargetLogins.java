package io.tidegate.shell.noun;

import io.tidegate.audit.Request;
import io.tidegate.presentation.ChapCredentials;
import io.tidegate.presentation.DiscoveryInfo;
import io.tidegate.presentation.SessionControl;
import io.tidegate.presentation.TargetInfo;
import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.CommandFailure;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Verbs of {@code target} that say where hosts log in, and what they prove to discover. */
final class TargetLogins {

    private TargetLogins() {}

    @Command(
            name = "redirect",
            description = "Sends hosts to one portal, so that the others can be taken away.")
    @About(
            access = Access.OPERATE,
            examples = {
                "target redirect iqn.2026-11.io.tidegate:1a2b3c4d --portal 192.0.2.11:3260",
                "target redirect iqn.2026-11.io.tidegate:1a2b3c4d --host esx7 --off --yes"
            })
    static final class Redirect extends Verb.Changing {
        @Parameters(
                paramLabel = "TARGET",
                description = "its iSCSI name",
                completionCandidates = Hosts.TargetNames.class)
        String name = "";

        @Option(
                names = "--portal",
                paramLabel = "ADDR:PORT",
                description = "where hosts go: the listen address of one of the target's portals",
                converter = TargetCommands.Address.class)
        @Nullable InetSocketAddress portal;

        @Option(
                names = "--host",
                paramLabel = "HOST",
                description = "this host only (default: all without a redirect of their own)",
                completionCandidates = Hosts.Names.class)
        @Nullable String host;

        @Option(
                names = "--off",
                description = "hosts may use every portal again; without --host, all of them")
        boolean off;

        @Override
        public Plan plan() throws Exception {
            TargetInfo target = services().targets().show(name);
            if (off == (portal != null)) {
                throw CommandFailure.usage(
                        "nobody is redirected",
                        "say where to by --portal, or --off",
                        "help target redirect");
            }
            String who = host == null ? "all hosts" : services().hosts().show(host).name();
            Plan plan = Plan.ask("target redirect " + target.name());
            plan.line("hosts", who);
            InetSocketAddress goal = portal;
            if (goal == null) {
                return plan.line("portal", "any");
            }
            plan.line("portal", target.portal(goal).map(TargetCommands::told).orElse("none"));
            long sessions = sessions(target.name());
            return plan.line(
                    "sessions",
                    sessions + " at this target; those at other portals are asked to log out");
        }

        private long sessions(String target) {
            return services().sessions().map(SessionControl::sessions).orElse(List.of()).stream()
                    .filter(s -> s.target().equals(target))
                    .count();
        }

        @Override
        public Result apply(Request request) throws Exception {
            InetSocketAddress goal = portal;
            Optional<String> whose = Optional.ofNullable(host);
            return goal == null
                    ? TargetCommands.done(
                            services().targets().endRedirect(request, name, whose),
                            "takes logins at every portal")
                    : TargetCommands.done(
                            services().targets().redirect(request, name, whose, goal),
                            "sends logins to " + TargetCommands.text(goal));
        }
    }

    /** {@code target discovery}. */
    @Command(
            name = "discovery",
            description = "What initiators prove before they are told of targets.",
            subcommands = {ShowDiscovery.class, SetDiscovery.class})
    static final class Discovery {}

    @Command(name = "show", description = "Shows what discovery sessions prove.")
    @About(
            access = Access.READ,
            examples = {"target discovery show", "target discovery show -o json"})
    static final class ShowDiscovery extends Verb.Reading {
        @Override
        public Result read() {
            DiscoveryInfo d = services().hosts().discovery();
            return new Result.Details("Discovery", "discovery")
                    .with("chap", Cell.text(d.chapUser()))
                    .with("mutualChap", Cell.text(d.mutualUser()));
        }
    }

    @Command(name = "set", description = "Sets CHAP of discovery sessions.")
    @About(
            access = Access.OPERATE,
            examples = {
                "target discovery set --chap-user finder",
                "target discovery set --no-chap --yes"
            })
    static final class SetDiscovery extends Verb.Changing {
        @Option(
                names = "--chap-user",
                paramLabel = "USER",
                description = "what every initiator proves to discover; asks for the secret")
        @Nullable String chapUser;

        @Option(
                names = "--mutual-user",
                paramLabel = "USER",
                description = "what is proved to them; with --chap-user; asks for the secret")
        @Nullable String mutualUser;

        @Option(
                names = "--no-chap",
                description = "each proves what its host proves, as without this setting")
        boolean noChap;

        @Override
        public Plan plan() throws Exception {
            if (noChap == (chapUser != null) || mutualUser != null && chapUser == null) {
                throw CommandFailure.usage(
                        "nothing was set",
                        "these options do not go together",
                        "--chap-user U [--mutual-user M], or --no-chap");
            }
            String now = services().hosts().discovery().chapUser().orElse("that of the host");
            String user = chapUser;
            return user == null
                    ? Plan.ask("target discovery set --no-chap")
                            .line("chap", now + " to that of the host")
                    : Plan.free("target discovery set --chap-user " + user)
                            .line("chap", now + " to " + user);
        }

        @Override
        public Result apply(Request request) throws Exception {
            String user = chapUser;
            Optional<ChapCredentials> chap =
                    user == null
                            ? Optional.empty()
                            : Optional.of(
                                    Secrets.chap(
                                            call().console(),
                                            user,
                                            Optional.ofNullable(mutualUser)));
            DiscoveryInfo d = services().hosts().setDiscoveryChap(request, chap);
            return new Result.Done(
                    "Discovery",
                    "discovery",
                    d.chapUser()
                            .map(u -> "discovery proves CHAP user " + u)
                            .orElse("discovery proves what each host proves"));
        }
    }
}
