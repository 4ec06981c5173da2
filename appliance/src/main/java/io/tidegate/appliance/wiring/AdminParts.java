package io.tidegate.appliance.wiring;

import io.tidegate.appliance.settings.Settings;
import io.tidegate.shell.ShellServer;
import io.tidegate.shell.ShellServices;
import io.tidegate.shell.ShellSettings;
import io.tidegate.shell.UserLogins;
import io.tidegate.shell.command.Dispatcher;
import io.tidegate.shell.command.Tree;
import io.tidegate.shell.noun.Nouns;
import io.tidegate.shell.ssh.SshShellServer;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** What administrators talk to. */
final class AdminParts {

    private AdminParts() {}

    /** Starts the shell on a thread of its own. */
    static CompletableFuture<ShellServer> startShell(
            Settings settings, CoreParts core, SystemFacts facts) {
        ShellServices services = services(core, facts);
        CompletableFuture<ShellServer> started = new CompletableFuture<>();
        Thread.ofPlatform()
                .name("shell-start")
                .start(
                        () -> {
                            try {
                                started.complete(shell(settings, core, services));
                            } catch (IOException | RuntimeException e) {
                                started.completeExceptionally(new CompletionException(e));
                            }
                        });
        return started;
    }

    private static ShellServer shell(Settings settings, CoreParts core, ShellServices services)
            throws IOException {
        return SshShellServer.start(
                ShellSettings.of(settings.ssh().resolve(), settings.data().resolve("host.key")),
                new Dispatcher(services, new Tree(services, Nouns.ALL)),
                new UserLogins(core.users),
                core.clock);
    }

    private static ShellServices services(CoreParts core, SystemFacts facts) {
        return new ShellServices(
                core.clock,
                core.catalog,
                core.jobs,
                core.pools,
                core.scrubs,
                core.volumes,
                core.bin,
                core.hosts,
                core.targets,
                core.luns,
                core.presentation,
                core.snapshots,
                core.qrvs,
                core.promotions,
                core.recoveries,
                core.copyPlans,
                core.users,
                core.events,
                facts,
                facts::server);
    }
}
