package io.tidegate.appliance.wiring;

import io.tidegate.appliance.settings.Settings;
import io.tidegate.audit.Request;
import io.tidegate.catalog.ServiceException;
import io.tidegate.volume.PoolSpec;
import io.tidegate.volume.PoolTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What the first start makes: two pools, a target, an administrator. Each only where it is missing.
 */
final class FirstStart {

    private FirstStart() {}

    /**
     * @param authorizedKey file with public keys of the first administrator
     * @return the one-time password, when one was made; shown once and kept nowhere
     */
    static Optional<String> prepare(CoreParts core, Settings settings, Optional<Path> authorizedKey)
            throws ServiceException, IOException {
        if (core.pools.list().isEmpty()) {
            // A pool sets its reserve aside on the disk at once, so it is not made larger than
            // that.
            long free = Files.getFileStore(settings.data()).getUsableSpace();
            pool(core, settings, "fast", PoolTier.FAST, orElse(settings.fastPoolSize(), free / 4));
            pool(
                    core,
                    settings,
                    "capacity",
                    PoolTier.CAPACITY,
                    orElse(settings.capacityPoolSize(), free / 2));
        }
        core.targets.ensureFirst();
        return core.users.ensureFirst(keys(authorizedKey));
    }

    private static void pool(
            CoreParts core, Settings settings, String name, PoolTier tier, long sizeBytes)
            throws ServiceException {
        Path path = settings.data().resolve("pools").resolve(name);
        core.pools.create(Request.system("first start"), PoolSpec.of(name, tier, path, sizeBytes));
    }

    private static long orElse(long wanted, long otherwise) {
        return wanted != 0 ? wanted : otherwise;
    }

    private static List<String> keys(Optional<Path> file) throws IOException {
        if (file.isEmpty()) {
            return List.of();
        }
        return Files.readAllLines(file.get());
    }
}
