package io.tidegate.pool;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says, by a file in a tmpfs, that everything that was written since recovery is still in the page
 * cache or on disk: the same boot, the same directory, no failed sync. Without it a replay believes
 * only what a barrier covers (barrier rule 3).
 */
final class BootToken {

    private static final Logger LOG = LoggerFactory.getLogger(BootToken.class);

    /** Boot, pool, place; a line for each raw device follows. */
    private static final int FIXED_LINES = 3;

    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    private final @Nullable Path file;
    private final String content;

    private BootToken(@Nullable Path file, String content) {
        this.file = file;
        this.content = content;
    }

    static UUID bootId() throws IOException {
        return UUID.fromString(Files.readString(BOOT_ID).strip());
    }

    static BootToken of(Optional<Path> directory, UUID pool, UUID bootId, String identity) {
        @Nullable Path where = directory.orElseGet(BootToken::tmpfs);
        String content = bootId + "\n" + pool + "\n" + identity + "\n";
        if (where == null) {
            LOG.warn("no tmpfs for the pool's token: after a kill, unsynced writes are dropped");
            return new BootToken(null, content);
        }
        return new BootToken(where.resolve("tidegate-pool-" + pool), content);
    }

    private static @Nullable Path tmpfs() {
        List<Path> places = new ArrayList<>();
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        if (runtime != null && !runtime.isEmpty()) {
            places.add(Path.of(runtime));
        }
        places.add(Path.of("/dev/shm"));
        for (Path p : places) {
            try {
                if (Files.isWritable(p) && Files.getFileStore(p).type().equals("tmpfs")) {
                    return p;
                }
            } catch (IOException e) {
                LOG.debug("{} cannot hold the pool's token", p, e);
            }
        }
        return null;
    }

    /** Whether the token of this pool, in this boot and place, is there. */
    boolean present() throws IOException {
        if (file == null || !Files.exists(file)) {
            return false;
        }
        List<String> found = Files.readAllLines(file, StandardCharsets.UTF_8);
        List<String> mine = content.lines().toList();
        // A growth that was cut off may have named devices that the pool does not use yet.
        return found.size() >= FIXED_LINES
                && found.subList(0, FIXED_LINES).equals(mine.subList(0, FIXED_LINES))
                && found.containsAll(mine);
    }

    /** The token of the same pool in the same boot, over other devices. */
    BootToken over(String identity) {
        List<String> lines = content.lines().toList();
        return new BootToken(file, lines.get(0) + "\n" + lines.get(1) + "\n" + identity + "\n");
    }

    /**
     * At once whole, for a kill in between. Without a token the next opening believes less, so a
     * failure is no reason to stop.
     */
    void make() {
        if (file != null) {
            try {
                Path made = file.resolveSibling(file.getFileName() + ".new");
                Files.writeString(made, content);
                Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                LOG.warn(
                        "the pool's token {} cannot be made: after a kill, unsynced writes are"
                                + " dropped",
                        file,
                        e);
                remove();
            }
        }
    }

    /** Before anyone learns of a failed sync, and at a clean close. */
    void remove() {
        if (file != null) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                empty(file, e);
            }
        }
    }

    /** A token of other content counts as none. */
    private static void empty(Path file, IOException why) {
        try {
            Files.write(file, new byte[0], StandardOpenOption.TRUNCATE_EXISTING);
        } catch (IOException e) {
            e.addSuppressed(why);
            LOG.error("the pool's token {} cannot be removed: remove it by hand", file, e);
        }
    }
}
