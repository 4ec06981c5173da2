package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is left of shared grains when their owners go, when power is lost and after a kill. */
@NullUnmarked
class PoolShareLossTest extends PoolShareFixture {

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void inWhateverOrderOwnersGoInTheEndAllIsFree(long seed) throws Exception {
        Random random = new Random(seed);
        List<VolumeDevice> volumes = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            volumes.add(volume());
            writeEach(volumes.get(i), 100 * i, 100);
        }
        List<SnapshotId> snapshots = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            VolumeDevice to = volumes.get(random.nextInt(4));
            VolumeDevice from = volumes.get(random.nextInt(4));
            int n = 1 + random.nextInt(150);
            share(from, random.nextInt(400), to, random.nextInt(400), n);
            if (i % 9 == 0) {
                snapshots.add(snapshot(to));
            }
            if (i % 13 == 0 && i > 0) {
                to.discard(random.nextInt(300) * (long) GRAIN, 50L * GRAIN);
            }
        }
        clean();
        List<Runnable> ends = new ArrayList<>();
        snapshots.forEach(s -> ends.add(() -> unchecked(() -> pool.deleteSnapshot(s))));
        volumes.forEach(v -> ends.add(() -> unchecked(() -> deleteLater(v, snapshots))));
        Collections.shuffle(ends, random);
        for (Runnable end : ends) {
            end.run();
            if (random.nextBoolean()) {
                background();
            }
            clean();
            if (random.nextInt(4) == 0) {
                files = files.afterPowerLoss(random);
                boot = UUID.randomUUID();
                abandon();
                open();
                clean();
            }
        }
        for (VolumeId id : pool.volumes()) {
            pool.deleteVolume(id);
        }
        background();
        background();
        clean();
        assertThat(pool.status().sharedBytes()).isZero();
        assertThat(pool.core().space.figures().grainsUsed()).isZero();
        assertThat(pool.core().space.figures().pendingPages()).isZero();
        pool.close();
        open();
        clean();
    }

    private void deleteLater(VolumeDevice v, List<SnapshotId> snapshots) throws Exception {
        v.close();
        if (pool.volumes().contains(v.volume())) {
            snapshots.removeAll(pool.snapshots(v.volume()));
            pool.deleteVolume(v.volume());
        }
    }

    private interface Body {
        void run() throws Exception;
    }

    private static void unchecked(Body body) {
        try {
            body.run();
        } catch (StoreException e) {
            // Deleted with its volume before.
            assertThat(e.kind()).isEqualTo(StoreException.Kind.NOT_FOUND);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** The opening whose files are those of before the loss. */
    private void abandon() throws StoreException {
        pool.close();
    }

    private static final Random ALL_KEPT =
            new Random() {
                private static final long serialVersionUID = 1L;

                @Override
                public int nextInt(int bound) {
                    return bound - 1;
                }
            };

    private void crash(SimFiles left) throws Exception {
        abandon();
        files = left;
        boot = UUID.randomUUID();
        open();
    }

    @Test
    void powerLossBeforeTheBarrierLeavesTheOldContent() throws Exception {
        VolumeDevice a = volume();
        VolumeDevice b = volume();
        writeEach(a, 0, 20);
        write(b, 0, 20, 77);
        b.flush();
        assertThat(share(a, 0, b, 0, 20)).isEqualTo(20L * GRAIN);
        crash(files.afterPowerLoss(ALL_KEPT));
        assertThat(read(pool.openVolume(b.volume()), 0, 20)).containsOnly(77);
        assertThat(read(pool.openVolume(a.volume()), 0, 20)).isEqualTo(numbers(1, 20));
        assertThat(pool.status().sharedBytes()).isZero();
        clean();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void powerLossAfterTheBarrierLeavesTheCopy(long seed) throws Exception {
        VolumeDevice a = volume();
        VolumeDevice b = volume();
        writeEach(a, 0, 20);
        write(b, 0, 20, 77);
        assertThat(share(a, 0, b, 0, 20)).isEqualTo(20L * GRAIN);
        b.flush();
        write(a, 0, 10, 5);
        write(b, 15, 5, 6);
        crash(files.afterPowerLoss(new Random(seed)));
        int[] ofB = read(pool.openVolume(b.volume()), 0, 15);
        assertThat(ofB).isEqualTo(numbers(1, 15));
        assertThat(read(pool.openVolume(a.volume()), 10, 10)).isEqualTo(numbers(11, 10));
        clean();
    }

    @Test
    void aKillLosesNoShareThatWasAnswered() throws Exception {
        VolumeDevice a = volume();
        VolumeDevice b = volume();
        writeEach(a, 0, 20);
        assertThat(share(a, 0, b, 3, 20)).isEqualTo(20L * GRAIN);
        write(a, 0, 10, 5);
        SimFiles left = files.afterKill();
        BootToken token =
                BootToken.of(java.util.Optional.of(tokens), pool.id(), boot, files.identity());
        abandon();
        token.make();
        files = left;
        open();
        assertThat(read(pool.openVolume(b.volume()), 3, 20)).isEqualTo(numbers(1, 20));
        assertThat(read(pool.openVolume(a.volume()), 0, 10)).containsOnly(5);
        assertThat(pool.status().sharedBytes()).isEqualTo(10L * GRAIN);
        clean();
    }

    @Test
    void aReopeningKeepsWhatIsShared() throws Exception {
        VolumeDevice a = volume();
        VolumeDevice b = volume();
        writeEach(a, 0, 40);
        assertThat(share(a, 0, b, 0, 40)).isEqualTo(40L * GRAIN);
        pool.close();
        open();
        assertThat(pool.status().sharedBytes()).isEqualTo(40L * GRAIN);
        VolumeDevice again = pool.openVolume(a.volume());
        write(again, 0, 40, 3);
        assertThat(read(pool.openVolume(b.volume()), 0, 40)).isEqualTo(numbers(1, 40));
        clean();
    }
}
