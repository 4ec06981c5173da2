package io.tidegate.appliance.wiring;

import io.tidegate.appliance.http.HttpReply;
import io.tidegate.appliance.http.HttpServer;
import io.tidegate.appliance.launch.Version;
import io.tidegate.appliance.metrics.Metrics;
import io.tidegate.appliance.settings.AddressPort;
import io.tidegate.appliance.settings.Settings;
import io.tidegate.catalog.CatalogException;
import io.tidegate.catalog.ServiceException;
import io.tidegate.copy.mover.DataMover;
import io.tidegate.copy.mover.MoverSettings;
import io.tidegate.shell.ShellServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The whole house: built from the cellar up, torn down from the roof. The order matters: pools and
 * cut-off promotions are decided before any LUN is offered, and hosts are gone before pools close.
 */
public final class House implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(House.class);
    private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final Settings settings;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final AtomicBoolean ready = new AtomicBoolean();
    private final List<String> report = new ArrayList<>();

    private String iscsiAddress = "";
    private String sshAddress = "";
    private String httpAddress = "";

    private House(Settings settings) {
        this.settings = settings;
    }

    /** Builds it; on failure everything that was opened is closed again. */
    public static House build(Settings settings, Optional<Path> authorizedKey, Runnable shutdown)
            throws IOException {
        House house = new House(settings);
        try {
            house.rise(authorizedKey, shutdown);
            return house;
        } catch (ServiceException | CatalogException e) {
            house.close();
            throw new IOException(e.getMessage(), e);
        } catch (IOException | RuntimeException e) {
            house.close();
            throw e;
        }
    }

    private void rise(Optional<Path> authorizedKey, Runnable shutdown)
            throws IOException, ServiceException {
        Instant startedAt = Instant.now();
        DataMover mover = keep(new DataMover(MoverSettings.DEFAULT));
        CoreParts core = keep(new CoreParts(settings, mover, Clock.systemUTC()));
        core.recover();
        Optional<String> password = FirstStart.prepare(core, settings, authorizedKey);
        DataParts data = keep(new DataParts(settings, core, mover));
        Metrics metrics = metrics(core, data, startedAt);
        AtomicBoolean asked = new AtomicBoolean();
        SystemFacts facts =
                new SystemFacts(
                        core,
                        versions(),
                        startedAt,
                        metrics::text,
                        () -> {
                            if (asked.compareAndSet(false, true)) {
                                shutdown.run();
                            }
                        });

        // The shell's library takes seconds to start: hosts do not wait for it.
        CompletableFuture<ShellServer> shell = AdminParts.startShell(settings, core, facts);
        serveHosts(core, data, facts);
        keep(new Housekeeping(core));
        int resumed = core.jobs.resume();
        if (resumed > 0) {
            log.info("{} jobs go on from where they were cut off", resumed);
        }
        serveHttp(facts, metrics);
        serveAdministrators(shell, facts);
        ready.set(true);
        tell(password);
    }

    private void serveHosts(CoreParts core, DataParts data, SystemFacts facts) throws IOException {
        InetSocketAddress first = data.target.bind(List.of(settings.iscsi().resolve())).getFirst();
        core.presentation.setDefaultPortal(
                first, settings.iscsiAdvertise().map(AddressPort::unresolved));
        TargetPortals portals = new TargetPortals(data.target, core.events);
        portals.openAll(core.targets.extraPortals());
        core.targets.attach(portals);
        iscsiAddress = text(first);
        facts.listening("iscsi", iscsiAddress);
    }

    private void serveHttp(SystemFacts facts, Metrics metrics) throws IOException {
        Map<String, Supplier<HttpReply>> routes =
                Map.of(
                        "/metrics",
                        () -> new HttpReply(200, METRICS_TYPE, metrics.text()),
                        "/healthz",
                        () -> HttpReply.text(200, "ok\n"),
                        "/readyz",
                        () ->
                                ready.get() && facts.ready()
                                        ? HttpReply.text(200, "ready\n")
                                        : HttpReply.text(503, "not ready: see system health\n"));
        HttpServer http = keep(HttpServer.start(settings.http().resolve(), routes));
        httpAddress = text(http.address());
        facts.listening("http", httpAddress);
    }

    private void serveAdministrators(CompletableFuture<ShellServer> shell, SystemFacts facts)
            throws IOException {
        try {
            ShellServer server = keep(shell.join());
            facts.shell(server);
            sshAddress = text(server.address());
            facts.listening("ssh", sshAddress);
        } catch (CompletionException e) {
            throw new IOException(
                    "the shell cannot listen on " + settings.ssh() + ": " + e.getCause(), e);
        }
    }

    static Metrics metrics(CoreParts core, DataParts data, Instant startedAt) {
        return new Metrics(
                new Metrics.Sources(
                        data.target::snapshot,
                        data.copies.counters(),
                        core.pools::list,
                        core.jobs,
                        core.snapshots,
                        core.qrvs),
                Version.product(),
                Version.commit(),
                startedAt);
    }

    private static SequencedMap<String, String> versions() {
        SequencedMap<String, String> versions = new LinkedHashMap<>();
        versions.put("product", Version.product());
        versions.put("commit", Version.commit());
        versions.put("java", Runtime.version().toString());
        versions.put("poolFormat", Integer.toString(Version.poolFormat()));
        return versions;
    }

    private void tell(Optional<String> password) {
        report.add("iscsi  " + iscsiAddress);
        report.add("ssh    " + sshAddress);
        report.add("http   " + httpAddress);
        AddressPort ssh = AddressPort.parse(sshAddress);
        report.add("log in with: ssh -p " + ssh.port() + " admin@" + ssh.address());
        password.ifPresent(
                secret ->
                        report.add(
                                "one-time password of admin (shown only now, to be changed at the"
                                        + " first log-in): "
                                        + secret));
        if (!settings.iscsi().loopback()) {
            report.add(
                    "warning: iSCSI can be reached from the network; give each host a CHAP secret");
        }
        if (!settings.http().loopback()) {
            report.add("warning: HTTP can be reached from the network without TLS");
        }
    }

    private <T extends AutoCloseable> T keep(T part) {
        open.push(part);
        return part;
    }

    private static String text(InetSocketAddress address) {
        return new AddressPort(address.getAddress().getHostAddress(), address.getPort()).toString();
    }

    public String iscsiAddress() {
        return iscsiAddress;
    }

    public String sshAddress() {
        return sshAddress;
    }

    public String httpAddress() {
        return httpAddress;
    }

    /** Lines for the person at the keyboard. */
    public List<String> report() {
        return List.copyOf(report);
    }

    @Override
    public void close() {
        ready.set(false);
        while (!open.isEmpty()) {
            AutoCloseable part = open.pop();
            try {
                part.close();
            } catch (Exception e) {
                log.error("{} did not close cleanly; the next start recovers", part, e);
            }
        }
        log.info("the appliance has ended");
    }
}
