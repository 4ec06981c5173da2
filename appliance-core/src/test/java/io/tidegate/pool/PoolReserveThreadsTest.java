package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.volume.BookmarkId;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Reserved volumes in a full pool, with many writers at once. */
@NullUnmarked
class PoolReserveThreadsTest extends PoolReserveFixture {

    private static final int GRAINS = BYTES / GRAIN;

    /**
     * Many writers at once in a full pool, on real files with the background thread: claims under
     * way, pending frees and a thin writer that takes whatever it is given.
     */
    @Test
    void writersAtOnceInAFullPool() throws Exception {
        PoolOptions options =
                new PoolOptions(48 << 20, GRAIN, 256 << 10, 64 << 20, 256 << 10, true);
        PoolOpenOptions open =
                PoolOpenOptions.standard()
                        .withDirtyNodeBytes(256 << 10)
                        .withDrainLimit(Duration.ofSeconds(20))
                        .withCheckpointEvery(Duration.ofMillis(50));
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        AtomicBoolean done = new AtomicBoolean();
        try (Pool p = Pool.create(tokens.resolve("pool"), options, open)) {
            pool = p;
            List<VolumeDevice> reserved = List.of(volume(BYTES, true), volume(BYTES, true));
            VolumeDevice thin = volume(256 << 20, false);
            List<Thread> writers = new ArrayList<>();
            for (int w = 0; w < 4; w++) {
                VolumeDevice d = reserved.get(w / 2);
                long half = (w % 2) * (BYTES / 2);
                int seed = w;
                writers.add(thread(failure, () -> rewrite(d, half, new Random(seed))));
            }
            Thread taker = thread(failure, () -> take(thin, done));
            Thread admin = thread(failure, () -> mark(reserved, done));
            for (Thread t : writers) {
                t.join();
            }
            done.set(true);
            taker.join();
            admin.join();
            assertThat(failure.get()).isNull();
            assertThat(p.check().problems()).isEmpty();
            for (VolumeDevice d : reserved) {
                writeWhole(d, 1, 1);
                holds(d, 1);
            }
        }
    }

    private interface Body {
        void run() throws Exception;
    }

    private static Thread thread(AtomicReference<@Nullable Throwable> failure, Body body) {
        Thread t =
                new Thread(
                        () -> {
                            try {
                                body.run();
                            } catch (Throwable e) {
                                failure.compareAndSet(null, e);
                            }
                        });
        t.start();
        return t;
    }

    private static void rewrite(VolumeDevice d, long from, Random random) throws Exception {
        int grains = GRAINS / 2;
        for (int i = 0; i < 150; i++) {
            int at = random.nextInt(grains);
            int n = Math.min(grains - at, 1 + random.nextInt(64));
            if (random.nextInt(8) == 0) {
                d.discard(from + (long) at * GRAIN, (long) n * GRAIN);
            } else {
                d.write(from + (long) at * GRAIN, bytes(n * GRAIN, i));
            }
        }
    }

    private static void take(BlockDevice thin, AtomicBoolean done) throws Exception {
        long at = 0;
        while (!done.get()) {
            try {
                thin.write(at, bytes(PIECE, 1));
                at += PIECE;
            } catch (DeviceException e) {
                assertThat(e.kind()).isEqualTo(DeviceException.Kind.NO_SPACE);
            }
        }
    }

    /** Bookmarks that have everything redirected; snapshots only when there is room. */
    private void mark(List<VolumeDevice> reserved, AtomicBoolean done) throws Exception {
        Random random = new Random(5);
        while (!done.get()) {
            VolumeId id = reserved.get(random.nextInt(2)).volume();
            SnapshotId s = SnapshotId.random();
            try {
                pool.snapshot(Map.of(id, s));
                pool.bookmark(s, BookmarkId.random());
            } catch (StoreException e) {
                assertThat(e.kind())
                        .isIn(StoreException.Kind.NO_SPACE, StoreException.Kind.NOT_DRAINED);
                for (SnapshotId left : pool.snapshots(id)) {
                    pool.deleteSnapshot(left);
                }
            }
        }
    }
}
