package io.tidegate.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.job.JobInfo;
import io.tidegate.pool.Pool;
import io.tidegate.pool.PoolOpenOptions;
import io.tidegate.pool.PoolOptions;
import io.tidegate.recovery.PromotionService.Mode;
import io.tidegate.volume.PoolRecord;
import io.tidegate.volume.ScrubControl;
import io.tidegate.volume.ScrubReport;
import io.tidegate.volume.StoreCheck;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreProvider;
import io.tidegate.volume.VolumeStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same services over real pools in files. */
class RealPoolTest {

    private static final int SIZE = 8 * Rig.MIB;

    /** Small pools in directories. */
    private static final class Pools implements StoreProvider {
        private final PoolOpenOptions options;

        Pools(Path tokens) {
            options =
                    PoolOpenOptions.standard()
                            .withCheckpointEvery(Duration.ofHours(1))
                            .withTokenDirectory(tokens);
        }

        @Override
        public VolumeStore create(PoolRecord pool) throws StoreException {
            return Pool.create(
                    pool.path(),
                    new PoolOptions(
                            64L << 20, pool.grainBytes(), 1 << 20, 64L << 20, 1 << 20, true),
                    options);
        }

        @Override
        public VolumeStore open(PoolRecord pool) throws StoreException {
            return Pool.open(pool.path(), options);
        }

        @Override
        public void reopen(VolumeStore store, boolean acknowledgeLoss) {
            throw new UnsupportedOperationException();
        }

        @Override
        public StoreCheck check(VolumeStore store) throws StoreException {
            return new StoreCheck(new LinkedHashMap<>(), ((Pool) store).check().problems());
        }

        @Override
        public ScrubReport scrub(VolumeStore store, ScrubControl control) throws StoreException {
            return ((Pool) store).scrub(control);
        }

        @Override
        public void grow(VolumeStore store, long sizeBytes) throws StoreException {
            ((Pool) store).grow(sizeBytes);
        }

        @Override
        public void grow(VolumeStore store, List<Path> devices) throws StoreException {
            ((Pool) store).grow(devices);
        }
    }

    @TempDir Path dir;
    private Rig rig;
    private final Random random = new Random(17);

    @BeforeEach
    void open() throws Exception {
        rig = new Rig(dir, new Pools(Files.createDirectories(dir.resolve("tokens"))));
        rig.volume("db01", SIZE);
        write(0, 2 * Rig.MIB);
        write(6 * Rig.MIB, 64 << 10);
        rig.qrv("db01", "q1");
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private void write(long offset, int length) throws Exception {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        assertThat(Rig.write(rig.unit("db01"), offset, bytes)).isTrue();
    }

    @Test
    void theMainJob() throws Exception {
        assertThat(rig.mover.copied.get()).isEqualTo((2 * Rig.MIB) + (64 << 10));
        rig.mover.copied.set(0);
        write(4096, 4096);
        write(1 << 20, 8192);
        write(4 * Rig.MIB, 4096);
        rig.done(rig.qrvs.refresh(Rig.ADMIN, "q1"));
        assertThat(rig.mover.copied.get()).isEqualTo(16384);
        assertThat(rig.done(rig.qrvs.verify(Rig.ADMIN, "q1", true)).exit()).isZero();
        byte[] good = rig.content("db01");
        write(0, 256 << 10); // the damage
        JobInfo job = rig.promote("q1", Mode.UNPLANNED, true);
        assertThat(job.exit()).as("%s", job.failure()).isZero();
        assertThat(rig.content("db01")).isEqualTo(good);
        write(0, 4096);
        assertThat(rig.snapshot(rig.promotions.result(job.id()).safetySnapshot())).isEqualTo(good);
    }

    @Test
    void plannedPromotionAndRecoveryInPlace() throws Exception {
        write(8192, 4096);
        byte[] newest = rig.content("db01");
        JobInfo job = rig.promote("q1", Mode.PLANNED, false);
        assertThat(job.exit()).as("%s", job.failure()).isZero();
        assertThat(rig.content("db01")).isEqualTo(newest);
        String safety = rig.promotions.result(job.id()).safetySnapshot();
        byte[] before = rig.snapshot(safety);
        assertThat(before).isNotEqualTo(newest);
        JobInfo back =
                rig.ended(
                        rig.recoveries.recover(
                                Rig.ADMIN,
                                new RecoverService.Order(
                                        "db01",
                                        java.util.Optional.empty(),
                                        java.util.Optional.of(safety),
                                        new RecoverService.To.InPlace(true))));
        assertThat(back.exit()).as("%s", back.failure()).isZero();
        assertThat(rig.content("db01")).isEqualTo(before);
    }
}
