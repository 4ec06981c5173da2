package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.Geometry;
import io.tidegate.volume.ScrubControl;
import io.tidegate.volume.ScrubReport;
import io.tidegate.volume.SnapshotDevice;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.NullUnmarked;

/**
 * A pool over simulated files, beside a plain model of it: opened, reopened, and held against the
 * model.
 */
@NullUnmarked
class ModelledPool {

    static final int SECTOR = 512;
    static final int SECTORS = 4096;
    static final PoolOptions OPTIONS =
            new PoolOptions(24 << 20, 4096, 64 << 10, 8 << 20, 256 << 10, true);

    final Random random;
    final Path tokens;
    final int size;
    final Sectors sectors;

    /** The acts so far, for the message of a failure. */
    final List<String> acts = new ArrayList<>();

    final Map<VolumeId, ModelVolume> volumes = new LinkedHashMap<>();
    UUID boot = UUID.randomUUID();
    SimFiles files = new SimFiles();
    Pool pool;
    final Rules rules;

    /** Done to the model if the act that was cut off turns out to have happened. */
    private Runnable undecided = () -> {};

    private BooleanSupplier happened = () -> false;

    /** Pieces of sealing that were done. */
    int sealed;

    /** In force, without a background thread. */
    static class Quiet extends Rules {
        @Override
        boolean background() {
            return false;
        }
    }

    /**
     * @param size of each volume in sectors
     */
    ModelledPool(long seed, Path tokens, PoolOptions options, int size, Rules rules)
            throws Exception {
        this.random = new Random(seed);
        this.tokens = tokens;
        this.size = size;
        this.sectors = new Sectors(size);
        this.rules = rules;
        new PoolFactory(files, rules, boot).create(options);
        open(boot);
    }

    UUID uuid() {
        return new UUID(random.nextLong(), random.nextLong());
    }

    /** The token that a process that dies now leaves in its boot. */
    BootToken token() {
        return BootToken.of(
                Optional.of(tokens),
                pool.core().checkpointer.current().pool(),
                boot,
                files.identity());
    }

    PoolOpenOptions openOptions() {
        return PoolOpenOptions.standard()
                .withTokenDirectory(tokens)
                .withDrainLimit(Duration.ofSeconds(10))
                .withCheckpointEvery(Duration.ZERO)
                // A few nodes: what is in memory changes all the time.
                .withNodeCacheBytes(64 << 10);
    }

    void open(UUID bootId) throws StoreException {
        boot = bootId;
        pool = new Pool(new PoolFactory(files, rules, bootId), openOptions());
        volumes.values().forEach(v -> v.device = null);
    }

    BlockDevice device(ModelVolume v) throws StoreException {
        if (v.device == null) {
            v.device = pool.openVolume(v.id);
        }
        return v.device;
    }

    ModelVolume createVolume() throws Exception {
        VolumeId id = new VolumeId(uuid());
        acts.add("create " + id);
        ModelVolume v = new ModelVolume(id, new int[size]);
        v.reserved = volumes.size() % 2 == 1;
        undecided(() -> volumes.put(id, v), () -> pool.volumes().contains(id));
        VolumeShape shape =
                new VolumeShape(Geometry.ofBytes((long) size * SECTOR, SECTOR, 4096), 4096);
        pool.createVolume(id, shape, v.reserved);
        decided();
        return v;
    }

    void undecided(Runnable act, BooleanSupplier check) {
        undecided = act;
        happened = check;
    }

    /** An act has returned: it and all before it is durable. */
    void decided() {
        undecided.run();
        undecided = () -> {};
        happened = () -> false;
        volumes.values().forEach(ModelVolume::flushed);
    }

    void background() throws IOException {
        // Some snapshots are sealed soon, some late, some in part.
        for (int i = random.nextInt(40); i > 0 && pool.core().sealer.step(); i--) {
            sealed++;
        }
        acts.add("background");
        pool.core().maintenance.wantCheckpoint();
        while (pool.core().maintenance.step()) {
            pool.core().maintenance.wantCheckpoint();
        }
    }

    // Checks ------------------------------------------------------------------------------------

    /** Everything must be as the model says, to the last sector. */
    void verify() throws Exception {
        assertThat(pool.volumes()).isEqualTo(volumes.keySet());
        for (ModelVolume v : volumes.values()) {
            assertThat(sectors.content(device(v))).as("volume %s", v.id).isEqualTo(v.now);
            verifyPoints(v);
        }
        if (random.nextBoolean()) {
            background();
        }
        new UsageOracle(pool).verify();
        requireSound(pool.check().problems());
        scrub();
    }

    /** Nothing is wrong, or it is a bit that was changed, and that is said. */
    private void requireSound(List<String> problems) throws StoreException {
        if (sectors.rot != null && !problems.isEmpty()) {
            throw Failures.opening(new DamageException("found: " + problems));
        }
        assertThat(problems).isEmpty();
    }

    /** On a medium without damage no checksum may be wrong. */
    ScrubReport scrub() throws StoreException {
        ScrubReport report = pool.scrub(NO_LIMIT);
        requireSound(report.problems());
        assertThat(report.complete()).isTrue();
        return report;
    }

    static final ScrubControl NO_LIMIT =
            new ScrubControl() {
                @Override
                public long bytesPerSecond() {
                    return 0;
                }

                @Override
                public boolean cancelled() {
                    return false;
                }

                @Override
                public void progress(long doneBytes, long totalBytes) {}
            };

    private void verifyPoints(ModelVolume v) throws Exception {
        assertThat(new ArrayList<>(pool.snapshots(v.id)))
                .isEqualTo(v.points.stream().map(p -> p.id).toList());
        for (ModelVolume.Point p : v.points) {
            try (SnapshotDevice d = pool.openSnapshot(p.id)) {
                assertThat(sectors.content(d)).as("snapshot %s", p.id).isEqualTo(p.content);
            }
        }
    }

    /** After a recovery: the act that was cut off is done or not; each sector is old or new. */
    void settle() throws Exception {
        if (happened.getAsBoolean()) {
            undecided.run();
        }
        undecided = () -> {};
        happened = () -> false;
        assertThat(pool.volumes()).isEqualTo(volumes.keySet());
        for (ModelVolume v : volumes.values()) {
            int[] found = sectors.content(device(v));
            Sectors.requireAllowed(v, found);
            v.now = found;
            v.flushed();
            verifyPoints(v);
            assertThat(pool.core().state.volumes.get(v.id).reserved()).isEqualTo(v.reserved);
        }
        new UsageOracle(pool).verify();
        requireSound(pool.check().problems());
        scrub();
    }

    /** After a rot of the log, which may end a replay early: an older state, but a sound one. */
    void requireNoStrangers() throws Exception {
        for (VolumeId id : pool.volumes()) {
            try (VolumeDevice d = pool.openVolume(id)) {
                sectors.requireAtHome(d);
            }
            for (SnapshotId s : pool.snapshots(id)) {
                try (SnapshotDevice d = pool.openSnapshot(s)) {
                    sectors.requireAtHome(d);
                }
            }
        }
        requireSound(pool.check().problems());
    }

    /**
     * The pool refused an act, and takes more: it has happened or not, and the refusal says which.
     *
     * @return whether it has happened, and only its durability is open
     */
    boolean refused(StoreException e) {
        boolean did = happened.getAsBoolean();
        if (did) {
            assertThat(e).hasMessageContaining("it has happened");
            undecided.run();
        } else if (e.getCause() != null) {
            // Else it was refused before anything was tried.
            assertThat(e).hasMessageContaining("nothing of it has happened");
        }
        undecided = () -> {};
        happened = () -> false;
        return did;
    }

    /** A write or discard failed, and the pool takes more: each of its sectors is old or new. */
    void reconcile() throws Exception {
        for (ModelVolume v : volumes.values()) {
            int[] found = sectors.content(device(v));
            for (int s = 0; s < found.length; s++) {
                boolean mayBe = v.inLastAct(s) && v.mayHold(s, found[s]);
                if (found[s] != v.now[s] && !mayBe) {
                    throw new AssertionError(
                            v.id + ", sector " + s + ": " + found[s] + ", not " + v.now[s]);
                }
                if (found[s] != v.now[s]) {
                    v.put(s, found[s]);
                }
            }
        }
    }

    /** Ends an opening whose files do not work any more. */
    void abandon() {
        try {
            pool.close();
        } catch (StoreException e) {
            // A file that cannot be made longer any more counts as a full disk.
            assertThat(e.kind())
                    .isIn(
                            StoreException.Kind.IO,
                            StoreException.Kind.READ_ONLY,
                            StoreException.Kind.NO_SPACE);
        }
    }
}
