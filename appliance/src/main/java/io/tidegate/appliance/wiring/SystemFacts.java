package io.tidegate.appliance.wiring;

import io.tidegate.audit.AuditVerdict;
import io.tidegate.shell.ShellServer;
import io.tidegate.shell.SystemControl;
import io.tidegate.volume.PoolInfo;
import io.tidegate.volume.StoreStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Supplier;

/** The appliance as a whole, for the shell and for the health probes. */
final class SystemFacts implements SystemControl {

    private final CoreParts core;
    private final SequencedMap<String, String> versions;
    private final SequencedMap<String, String> addresses = new LinkedHashMap<>();
    private final Instant startedAt;
    private final Supplier<String> metrics;
    private final Runnable shutdown;
    private volatile Optional<ShellServer> shell = Optional.empty();

    SystemFacts(
            CoreParts core,
            SequencedMap<String, String> versions,
            Instant startedAt,
            Supplier<String> metrics,
            Runnable shutdown) {
        this.core = core;
        this.versions = versions;
        this.startedAt = startedAt;
        this.metrics = metrics;
        this.shutdown = shutdown;
    }

    void listening(String what, String address) {
        synchronized (addresses) {
            addresses.put(what, address);
        }
    }

    void shell(ShellServer server) {
        shell = Optional.of(server);
    }

    /** The shell's server, once it listens. */
    Optional<ShellServer> server() {
        return shell;
    }

    @Override
    public SequencedMap<String, String> versions() {
        return versions;
    }

    @Override
    public SequencedMap<String, String> addresses() {
        synchronized (addresses) {
            return new LinkedHashMap<>(addresses);
        }
    }

    @Override
    public List<String> hostKeys() {
        return shell.map(ShellServer::hostKeys).orElse(List.of());
    }

    @Override
    public Instant startedAt() {
        return startedAt;
    }

    @Override
    public List<Check> health() {
        List<Check> checks = new ArrayList<>();
        core.pools.list().forEach(pool -> checks.add(pool(pool)));
        AuditVerdict audit = core.catalog.verifyAudit();
        checks.add(
                audit.intact()
                        ? new Check("audit", true, "the chain is whole", Optional.empty())
                        : new Check(
                                "audit",
                                false,
                                "the chain is broken",
                                Optional.of("audit verify names the record")));
        return checks;
    }

    /** Whether hosts and administrators can be served. */
    boolean ready() {
        return core.pools.list().stream().allMatch(p -> p.problem().isEmpty());
    }

    private static Check pool(PoolInfo pool) {
        String area = "pool " + pool.pool().name();
        if (pool.problem().isPresent()) {
            return new Check(
                    area,
                    false,
                    pool.problem().get(),
                    Optional.of("pool reopen " + pool.pool().name()));
        }
        StoreStatus status = pool.status().orElseThrow();
        int used = status.usedPercent();
        String seen = used + " % used";
        return used < pool.pool().thresholds().criticalPercent()
                ? new Check(area, true, seen, Optional.empty())
                : new Check(
                        area,
                        false,
                        seen,
                        Optional.of(
                                "purge snapshots or volumes (snapshot list --sizes --sort -used),"
                                        + " or pool grow"));
    }

    @Override
    public String metrics() {
        return metrics.get();
    }

    @Override
    public void shutdown() {
        shutdown.run();
    }
}
