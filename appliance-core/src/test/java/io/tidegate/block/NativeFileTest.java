package io.tidegate.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NativeFileTest {

    @TempDir Path directory;
    private NativeFile file;

    @BeforeEach
    void open() throws IOException {
        file = NativeFile.open(directory.resolve("f"), NativeFile.Flag.CREATE_NEW);
    }

    @AfterEach
    void close() {
        file.close();
    }

    private static ByteBuffer buffer(boolean direct, byte[] bytes) {
        ByteBuffer b =
                direct
                        ? ByteBuffer.allocateDirect(bytes.length + 7)
                        : ByteBuffer.allocate(bytes.length + 7);
        return b.position(5).put(bytes).flip().position(5);
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void movesBytesAndPositionsForBothKindsOfBuffer(boolean direct) throws IOException {
        byte[] bytes = random(600_001);
        ByteBuffer out = buffer(direct, bytes);
        file.write(13, out);
        assertThat(out.remaining()).isZero();
        assertThat(file.size()).isEqualTo(13 + bytes.length);

        ByteBuffer in = buffer(direct, new byte[bytes.length]);
        file.readFully(13, in);
        assertThat(in.remaining()).isZero();
        byte[] got = new byte[bytes.length];
        in.position(5).get(got);
        assertThat(got).isEqualTo(bytes);
    }

    @Test
    void takesReadOnlyAndSlicedBuffers() throws IOException {
        byte[] bytes = random(4096);
        file.write(0, ByteBuffer.wrap(bytes).slice(1024, 2048).asReadOnlyBuffer());
        file.write(2048, buffer(true, bytes).position(7).slice().limit(1024).asReadOnlyBuffer());
        byte[] all = Files.readAllBytes(file.path());
        assertThat(all).hasSize(3072).startsWith(java.util.Arrays.copyOfRange(bytes, 1024, 3072));
        assertThat(java.util.Arrays.copyOfRange(all, 2048, 3072))
                .isEqualTo(java.util.Arrays.copyOfRange(bytes, 2, 1026));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void endsAtTheEndOfTheFile(boolean direct) throws IOException {
        file.write(0, ByteBuffer.wrap(random(300_000)));
        ByteBuffer in = buffer(direct, new byte[310_000]);
        assertThat(file.read(0, in)).isEqualTo(300_000);
        assertThat(in.position()).isEqualTo(300_005);
        assertThatExceptionOfType(EOFException.class)
                .isThrownBy(() -> file.readFully(299_000, buffer(direct, new byte[4096])));
    }

    @Test
    void readsSegments() throws IOException {
        byte[] bytes = random(8192);
        try (Arena arena = Arena.ofConfined()) {
            file.write(512, arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes));
            MemorySegment in = arena.allocate(8192);
            assertThat(file.read(512, in)).isEqualTo(8192);
            assertThat(in.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes);
            assertThat(file.readNowait(512, in.fill((byte) 0))).isTrue();
            assertThat(in.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void readsCachedBytesWithoutWaitingAndNeverAPart(boolean direct) throws IOException {
        byte[] bytes = random(16384);
        file.write(0, ByteBuffer.wrap(bytes));
        ByteBuffer in = buffer(direct, new byte[8192]);
        assertThat(file.readNowait(4096, in)).isTrue();
        assertThat(in.remaining()).isZero();
        assertThat(in.position(5).slice()).isEqualTo(ByteBuffer.wrap(bytes).slice(4096, 8192));

        ByteBuffer past = buffer(direct, new byte[8192]);
        assertThat(file.readNowait(12288, past)).isFalse();
        assertThat(past.position()).isEqualTo(5);
        assertThat(past.limit()).isEqualTo(8197);
    }

    @Test
    void writesListsOfBuffersInOrder() throws IOException {
        Random random = new Random(7);
        List<ByteBuffer> pieces = new ArrayList<>();
        ByteBuffer all = ByteBuffer.allocate(1 << 20);
        for (int i = 0; i < 150; i++) {
            byte[] piece = random(random.nextInt(5000));
            all.put(piece);
            pieces.add(buffer(random.nextBoolean(), piece));
        }
        file.write(100, pieces);
        assertThat(pieces).allMatch(p -> !p.hasRemaining());
        all.flip();
        ByteBuffer in = ByteBuffer.allocate(all.remaining());
        file.readFully(100, in);
        assertThat(in.flip()).isEqualTo(all);
        assertThat(file.size()).isEqualTo(100 + all.remaining());
    }

    @Test
    void knowsHolesAndMakesThem() throws IOException {
        file.truncate(1 << 20);
        assertThat(file.allocatedBytes()).isZero();
        assertThat(file.nextData(0)).isEqualTo(OptionalLong.empty());
        file.write(256 << 10, ByteBuffer.allocate(64 << 10));
        file.sync();
        assertThat(file.nextData(0)).hasValue(256 << 10);
        assertThat(file.nextHole(256 << 10)).hasValue(320 << 10);
        file.punchHole(256 << 10, 64 << 10);
        assertThat(file.nextData(0)).isEqualTo(OptionalLong.empty());
        file.allocate(0, 128 << 10);
        assertThat(file.allocatedBytes()).isGreaterThanOrEqualTo(128 << 10);
        assertThat(file.size()).isEqualTo(1 << 20);
    }

    @Test
    void copiesInsideTheKernel() throws IOException {
        byte[] bytes = random(100_000);
        file.write(0, ByteBuffer.wrap(bytes));
        try (NativeFile to = NativeFile.open(directory.resolve("to"), NativeFile.Flag.CREATE)) {
            assertThat(file.copyTo(to, 50_000, 10, 60_000)).isEqualTo(50_000);
            assertThat(to.size()).isEqualTo(50_010);
        }
        assertThat(Files.readAllBytes(directory.resolve("to")))
                .endsWith(java.util.Arrays.copyOfRange(bytes, 50_000, 100_000));
    }

    @Test
    void locksTheOpenFileWhateverElseOpensThePath() throws IOException {
        Path path = directory.resolve("lock");
        try (NativeFile holder = NativeFile.openLocked(path).orElseThrow()) {
            assertThat(NativeFile.openLocked(path)).isEmpty();
            NativeFile.open(path).close();
            assertThat(NativeFile.openLocked(path)).isEmpty();
            assertThat(holder.isOpen()).isTrue();
        }
        NativeFile.openLocked(path).orElseThrow().close();
    }

    @Test
    void tellsFilesApart() throws IOException {
        Path link = directory.resolve("link");
        Files.createLink(link, file.path());
        try (NativeFile same = NativeFile.open(link);
                NativeFile other =
                        NativeFile.open(directory.resolve("o"), NativeFile.Flag.CREATE)) {
            assertThat(same.identity()).isEqualTo(file.identity());
            assertThat(other.identity()).isNotEqualTo(file.identity());
            assertThat(file.identity().inode())
                    .isEqualTo(((Number) Files.getAttribute(file.path(), "unix:ino")).longValue());
            assertThat(file.isBlockDevice()).isFalse();
        }
    }

    @Test
    void makesFilesForTheOwnerOnly() throws IOException {
        assertThat((int) Files.getAttribute(file.path(), "unix:mode") & 0777).isEqualTo(0600);
    }

    @Test
    void syncsFilesAndDirectoriesAndTakesHints() throws IOException {
        file.write(0, ByteBuffer.wrap(random(4096)));
        file.dataSync();
        NativeFile.syncDirectory(directory);
        file.dropCache(0, 0);
        file.prefetch(0, 4096);
        ByteBuffer in = ByteBuffer.allocateDirect(4096);
        file.readFully(0, in);
        assertThat(in.flip()).isEqualTo(ByteBuffer.wrap(random(4096)));
    }

    @Test
    void namesWhatTheSystemRefused() {
        assertThatExceptionOfType(NativeIOException.class)
                .isThrownBy(() -> NativeFile.open(directory.resolve("absent")))
                .satisfies(e -> assertThat(e.errno()).isEqualTo(2))
                .withMessageContaining("open of")
                .withMessageContaining("ENOENT");
        assertThatExceptionOfType(NativeIOException.class)
                .isThrownBy(() -> NativeFile.open(file.path(), NativeFile.Flag.CREATE_NEW))
                .withMessageContaining("EEXIST");
        assertThatExceptionOfType(NativeIOException.class)
                .isThrownBy(() -> file.read(-1, ByteBuffer.allocateDirect(8)))
                .satisfies(e -> assertThat(e.operation()).isEqualTo("pread"));
        assertThatExceptionOfType(NativeIOException.class)
                .isThrownBy(
                        () -> {
                            try (NativeFile full = NativeFile.open(Path.of("/dev/full"))) {
                                full.write(0, ByteBuffer.allocateDirect(512));
                            }
                        })
                .satisfies(e -> assertThat(e.isNoSpace()).isTrue());
    }

    @Test
    void survivesInterruptsAndServesVirtualThreads() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<java.util.concurrent.Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                int block = i;
                all.add(
                        threads.submit(
                                () -> {
                                    Thread.currentThread().interrupt();
                                    byte[] bytes = random(1000 + block);
                                    file.write(block * 2000L, ByteBuffer.wrap(bytes));
                                    ByteBuffer in = ByteBuffer.allocate(bytes.length);
                                    file.readFully(block * 2000L, in);
                                    assertThat(in.array()).isEqualTo(bytes);
                                    return null;
                                }));
            }
            for (var f : all) {
                f.get();
            }
        }
        assertThat(file.isOpen()).isTrue();
    }

    @Test
    void refusesCallsAfterClose() {
        file.close();
        file.close();
        assertThatExceptionOfType(ClosedChannelException.class)
                .isThrownBy(() -> file.read(0, ByteBuffer.allocate(1)));
        assertThatExceptionOfType(ClosedChannelException.class).isThrownBy(file::dataSync);
        assertThat(file.isOpen()).isFalse();
    }
}
