package io.tidegate.appliance;

import io.tidegate.appliance.settings.Settings;
import io.tidegate.appliance.wiring.House;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A running appliance: everything between {@link #start} and {@link #close}. The data directory has
 * to be held by the caller.
 */
public final class Appliance implements AutoCloseable {

    private final House house;

    private Appliance(House house) {
        this.house = house;
    }

    /**
     * Starts it; returns when all ports answer.
     *
     * @param authorizedKey public keys of the first administrator, for a first start
     * @param shutdown asks the process to end; called at most once, on any thread
     * @throws IOException when it cannot start; nothing is left open
     */
    public static Appliance start(
            Settings settings, Optional<Path> authorizedKey, Runnable shutdown) throws IOException {
        return new Appliance(House.build(settings, authorizedKey, shutdown));
    }

    /** {@code address:port} of the first target's default portal. */
    public String iscsiAddress() {
        return house.iscsiAddress();
    }

    public String sshAddress() {
        return house.sshAddress();
    }

    public String httpAddress() {
        return house.httpAddress();
    }

    /** What a person at the keyboard is told; may hold a one-time password, so never to a log. */
    public List<String> report() {
        return house.report();
    }

    /** Logs hosts out, ends jobs where they can go on later, flushes and closes. */
    @Override
    public void close() {
        house.close();
    }
}
