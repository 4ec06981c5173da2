package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.volume.StoreException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;

/**
 * One seed: a small pool, random acts, crashes at random operations, and now and then a bit that
 * rots. What the model says must be there after each of them.
 *
 * <pre>
 *   acts | stop at an operation | power loss or kill | (recovery | stop | power loss or kill)*
 *        | recovery | settle | acts | ... | acts | background | verify | (bit flip | open | verify)
 * </pre>
 */
@NullUnmarked
final class SeedRun {

    private static final PoolOptions OPTIONS =
            new PoolOptions(3 << 20, 4096, 64 << 10, 1 << 20, 64 << 10, true);
    private static final int[] SECTORS = {256, 512, 1024};
    private static final int MOST_POINTS = 6;

    private final long seed;
    private final Path tokens;
    private final Random random;
    private final PoolHarness h;
    private final UUID pool;

    /** Whether the boot's tmpfs has the token; it outlives a process, not the power. */
    private boolean token = true;

    private SeedRun(long seed, Path tokens, Rules rules) throws Exception {
        this.seed = seed;
        this.tokens = tokens;
        this.random = new Random(seed ^ 0x5DEECE66DL);
        int sectors = SECTORS[random.nextInt(SECTORS.length)];
        this.h = new PoolHarness(seed, tokens, OPTIONS, sectors, rules);
        this.pool = h.pool.id();
        h.maxPoints = MOST_POINTS;
        h.copies = true;
    }

    /**
     * @throws AssertionError that names the seed and the acts so far
     */
    static void run(long seed, Path tokens, Rules rules) {
        SeedRun run = null;
        try {
            run = new SeedRun(seed, tokens, rules);
            run.run();
        } catch (Exception | AssertionError e) {
            throw new AssertionError(
                    "seed %d (-Dpool.seeds.from=%d -Dpool.seeds=1 replays it): %s%nacts: %s"
                            .formatted(seed, seed, e, run == null ? "none" : run.h.acts),
                    e);
        } finally {
            if (run != null) {
                run.token().remove();
            }
        }
    }

    private BootToken token() {
        return BootToken.of(Optional.of(tokens), pool, h.boot, "sim");
    }

    private void run() throws Exception {
        acts(5 + random.nextInt(30));
        int crashes = 1 + random.nextInt(2);
        for (int i = 0; i < crashes; i++) {
            crash();
            acts(random.nextInt(8));
        }
        h.background();
        h.verify();
        if (random.nextInt(4) == 0) {
            rot();
        } else {
            h.pool.close();
        }
    }

    private void acts(int count) throws Exception {
        for (int i = 0; i < count; i++) {
            h.act();
        }
    }

    /** Acts until nothing works any more, then dies and comes back. */
    private void crash() throws Exception {
        h.files.stopAfter(random.nextInt(60));
        try {
            acts(40);
        } catch (Exception e) {
            requireStopped(e);
        }
        boolean everythingCached = die(random.nextBoolean());
        for (int cuts = random.nextInt(3); cuts > 0; cuts--) {
            h.files.stopAfter(random.nextInt(40));
            recoverUntilStopped();
            everythingCached &= die(random.nextBoolean());
        }
        if (everythingCached) {
            h.volumes.values().forEach(ModelVolume::onlyTheLastActIsOpen);
        }
        open();
        h.settle();
    }

    private void requireStopped(Exception e) throws Exception {
        if (!h.files.stopped()) {
            throw e;
        }
    }

    /**
     * Ends the process, or the boot.
     *
     * @return whether all that was written is still in the cache and may be believed
     */
    private boolean die(boolean kill) {
        h.acts.add(kill ? "KILL" : "POWER LOSS");
        SimFiles left = kill ? h.files.afterKill() : h.files.afterPowerLoss(random);
        // The object that stands for the dead process must be closed, which the dead do not do.
        h.abandon();
        h.files = left;
        token &= kill;
        if (token) {
            token().make();
        } else {
            token().remove();
        }
        if (!kill) {
            h.boot = new UUID(random.nextLong(), random.nextLong());
        }
        return token;
    }

    private void recoverUntilStopped() throws Exception {
        h.acts.add("recovery cut off");
        try {
            h.open(h.boot);
            token = h.pool.status().readOnlyReason().isEmpty();
        } catch (StoreException e) {
            requireStopped(e);
            assertThat(e.kind()).isEqualTo(StoreException.Kind.IO);
        }
    }

    private void open() throws StoreException {
        h.acts.add("recovery");
        h.open(h.boot);
        if (h.pool.status().readOnlyReason().isPresent()) {
            // A kill between the naming of recovery's superblock and the making of its token.
            h.pool.reopen(true);
        }
        token = true;
    }

    // Rot ---------------------------------------------------------------------------------------

    /** One bit changes: the pool says so, or it was data that no checksum vouches for. */
    private void rot() throws Exception {
        boolean clean = random.nextBoolean();
        if (clean) {
            h.pool.close();
            token = false;
        } else {
            acts(random.nextInt(10));
            die(false);
        }
        h.sectors.rot = h.files.anyPlace(random);
        h.acts.add("rot of " + h.sectors.rot);
        h.files.damage(h.sectors.rot.name(), h.sectors.rot.offset(), h.sectors.rot.bit());
        try {
            open();
            if (h.sectors.rot.name().equals(Recovery.WAL)) {
                h.requireNoStrangers();
            } else {
                h.settle();
                acts(5);
                h.background();
                h.verify();
            }
            h.pool.close();
        } catch (Exception e) {
            if (!reported(e)) {
                throw e;
            }
        }
    }

    private static boolean reported(Throwable e) {
        for (Throwable t = e; t != null; t = t.getCause()) {
            if (t instanceof DamageException || t instanceof DamagedGrainException) {
                return true;
            }
        }
        return false;
    }
}
