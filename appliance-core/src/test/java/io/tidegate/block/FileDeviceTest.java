package io.tidegate.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tidegate.block.DeviceException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileDeviceTest extends BlockDeviceContract {

    @TempDir Path directory;

    @Override
    protected BlockDevice fresh(long sizeBytes) throws DeviceException {
        return FileDevice.create(
                directory.resolve("d" + System.nanoTime()), Geometry.ofBytes(sizeBytes, 512, 4096));
    }

    @Test
    void keepsItsBytesAndItsHoles() throws Exception {
        Path path = directory.resolve("kept");
        try (FileDevice d = FileDevice.create(path, Geometry.ofBytes(1 << 20, 512, 4096))) {
            d.write(512 << 10, ByteBuffer.allocate(64 << 10).put(0, (byte) 9));
            d.flush();
        }
        try (FileDevice d = FileDevice.openReadOnly(path, 512, 4096)) {
            ByteBuffer in = ByteBuffer.allocate(512);
            d.read(512 << 10, in);
            assertThat(in.get(0)).isEqualTo((byte) 9);
            assertThat(d.runs(0, 1 << 20, 10))
                    .containsExactly(
                            new ExtentMapped.Run(0, 512 << 10, false),
                            new ExtentMapped.Run(512 << 10, 64 << 10, true),
                            new ExtentMapped.Run(576 << 10, 448 << 10, false));
            assertThatExceptionOfType(DeviceException.class)
                    .isThrownBy(() -> d.write(0, in.flip()))
                    .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.WRITE_PROTECTED));
        }
    }

    @Test
    void answersCachedReadsWithoutWaitingAndPutsDiscardedSpaceBack() throws Exception {
        Path path = directory.resolve("cached");
        try (FileDevice d = FileDevice.create(path, Geometry.ofBytes(1 << 20, 4096, 4096))) {
            d.write(0, ByteBuffer.allocateDirect(1 << 20).put(5, (byte) 1));
            assertThat(d.tryRead(4096, ByteBuffer.allocateDirect(65536))).isTrue();
            d.discard(0, 1 << 20);
            d.flush();
            try (NativeFile f = NativeFile.open(path, NativeFile.Flag.READ_ONLY)) {
                assertThat(f.allocatedBytes()).isZero();
            }
        }
    }

    @Test
    void refusesWhatIsTakenAbsentOrUneven() throws Exception {
        Path path = directory.resolve("one");
        Geometry geometry = Geometry.ofBytes(8192, 512, 512);
        try (FileDevice d = FileDevice.create(path, geometry)) {
            assertThat(d.geometry()).isEqualTo(geometry);
            assertThatExceptionOfType(DeviceException.class)
                    .isThrownBy(() -> FileDevice.open(path, 512, 512))
                    .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.BUSY));
        }
        FileDevice.open(path, 512, 512).close();
        assertThatExceptionOfType(DeviceException.class)
                .isThrownBy(() -> FileDevice.create(path, geometry));
        assertThatExceptionOfType(DeviceException.class)
                .isThrownBy(() -> FileDevice.open(directory.resolve("none"), 512, 512))
                .withMessageContaining("ENOENT");
        Files.write(directory.resolve("odd"), new byte[1000]);
        assertThatExceptionOfType(DeviceException.class)
                .isThrownBy(() -> FileDevice.open(directory.resolve("odd"), 512, 512))
                .withMessageContaining("1000 bytes are not whole blocks");
    }

    @Test
    void growsWithZeroes() throws Exception {
        Path path = directory.resolve("grown");
        try (FileDevice d = FileDevice.create(path, Geometry.ofBytes(8192, 512, 4096))) {
            d.grow(Geometry.ofBytes(16384, 512, 4096));
            d.write(15872, ByteBuffer.allocate(512));
            d.flush();
        }
        assertThat(Files.size(path)).isEqualTo(16384);
    }

    @Test
    void aFileThatWasCutShortIsAReadError() throws Exception {
        Path path = directory.resolve("cut");
        try (FileDevice d = FileDevice.create(path, Geometry.ofBytes(8192, 512, 512));
                NativeFile f = NativeFile.open(path)) {
            f.truncate(1024);
            assertThatExceptionOfType(DeviceException.class)
                    .isThrownBy(() -> d.read(512, ByteBuffer.allocate(1024)))
                    .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.READ))
                    .satisfies(e -> assertThat(e.offset()).isEqualTo(512));
            assertThat(d.tryRead(512, ByteBuffer.allocate(1024))).isFalse();
        }
    }

    @Test
    void syncsAreSharedOnlyByThoseWhoCameBeforeTheyBegan() throws Exception {
        AtomicInteger syncs = new AtomicInteger();
        CountDownLatch inFirst = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        GroupSync group =
                new GroupSync(
                        () -> {
                            if (syncs.incrementAndGet() == 1) {
                                inFirst.countDown();
                                awaitQuietly(go);
                            }
                        });
        try (var threads = Executors.newCachedThreadPool()) {
            Future<?> first = threads.submit(() -> awaitSync(group));
            inFirst.await();
            Future<?>[] later = new Future<?>[8];
            for (int i = 0; i < later.length; i++) {
                later[i] = threads.submit(() -> awaitSync(group));
            }
            assertThat(first.isDone()).isFalse();
            go.countDown();
            first.get();
            for (Future<?> f : later) {
                f.get();
            }
        }
        // At least one more for those who came while the first ran; how many more, timing says.
        assertThat(syncs.get()).isBetween(2, 9);
    }

    @Test
    void aFailedSyncIsFinal() throws Exception {
        AtomicInteger syncs = new AtomicInteger();
        GroupSync group =
                new GroupSync(
                        () -> {
                            syncs.incrementAndGet();
                            throw new IOException("lost");
                        });
        for (int i = 0; i < 3; i++) {
            assertThatExceptionOfType(IOException.class).isThrownBy(group::await);
        }
        assertThat(syncs.get()).isEqualTo(1);
        assertThat(group.failure()).hasMessage("lost");
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void awaitSync(GroupSync group) {
        try {
            group.await();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
