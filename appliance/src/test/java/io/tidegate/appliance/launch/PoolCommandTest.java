package io.tidegate.appliance.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.Geometry;
import io.tidegate.pool.Pool;
import io.tidegate.pool.PoolOptions;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code tidegate pool check DIR} says of pools that no process holds. */
class PoolCommandTest {

    private static final int GRAINS = 5;
    private static final VolumeShape SHAPE =
            new VolumeShape(Geometry.ofBytes(1 << 20, 512, 4096), 4096);

    /** Superblocks stand at 0 and at this; the one with the higher generation counts. */
    private static final int SECOND_SUPERBLOCK = 1 << 20;

    private static final int GENERATION = 72;

    @TempDir Path dir;

    /** The files of a pool as a loss of power leaves them: flushed, and not closed. */
    private Path cutOff() throws Exception {
        Path pool = dir.resolve("pool");
        Path left = Files.createDirectory(dir.resolve("left"));
        try (Pool p = Pool.create(pool, PoolOptions.fast(64 << 20))) {
            VolumeId id = VolumeId.random();
            p.createVolume(id, SHAPE);
            try (VolumeDevice v = p.openVolume(id)) {
                for (int i = 0; i < GRAINS; i++) {
                    v.write(2L * i * 4096, ByteBuffer.allocateDirect(4096));
                }
                p.snapshot(Map.of(id, SnapshotId.random()));
                v.flush();
                try (Stream<Path> files = Files.list(pool)) {
                    for (Path file : files.toList()) {
                        Files.copy(file, left.resolve(file.getFileName()));
                    }
                }
            }
        }
        return left;
    }

    private static Said check(Path pool) {
        return Said.run("pool", "check", pool.toString());
    }

    private static long generation(byte[] superblocks, int at) {
        return Long.reverseBytes(ByteBuffer.wrap(superblocks).getLong(at + GENERATION));
    }

    private static void damage(Path pool, boolean newer) throws Exception {
        Path file = pool.resolve("pool.super");
        byte[] bytes = Files.readAllBytes(file);
        boolean firstIsNewer = generation(bytes, 0) > generation(bytes, SECOND_SUPERBLOCK);
        bytes[(firstIsNewer == newer ? 0 : SECOND_SUPERBLOCK) + 200] ^= 1;
        Files.write(file, bytes);
    }

    @Test
    void saysWhichSuperblockCountsAndWhatWasReplayed() throws Exception {
        Path pool = cutOff();
        byte[] bytes = Files.readAllBytes(pool.resolve("pool.super"));
        long newest = Math.max(generation(bytes, 0), generation(bytes, SECOND_SUPERBLOCK));
        Said said = check(pool);
        assertThat(said.exitCode()).as(said.err()).isZero();
        // The volume, each write apart, the snapshot.
        assertThat(said.out())
                .contains("superblock " + newest + ", " + (GRAINS + 2) + " records replayed")
                .contains("1 volumes, 1 snapshots, " + GRAINS + " grains")
                .contains("clean")
                .doesNotContain("note:");
        assertThat(Files.readAllBytes(pool.resolve("pool.super"))).isEqualTo(bytes);
    }

    @Test
    void whatAnOpeningMendsIsANoteAndNoProblem() throws Exception {
        Path pool = cutOff();
        damage(pool, false);
        Said said = check(pool);
        assertThat(said.exitCode()).as(said.err()).isZero();
        List<String> notes = said.out().lines().filter(l -> l.startsWith("  note: ")).toList();
        assertThat(notes).hasSize(1);
        assertThat(notes.get(0)).contains("pool.super", "is bad", "an opening mends it");
        assertThat(said.out()).contains("clean");
    }

    @Test
    void damageIsAProblem() throws Exception {
        Path pool = cutOff();
        Files.write(pool.resolve("pool.wal"), new byte[(int) Files.size(pool.resolve("pool.wal"))]);
        Said said = check(pool);
        assertThat(said.exitCode()).isEqualTo(1);
        assertThat(said.out()).contains("1 problems").contains("  pool.wal holds no batch");
    }

    @Test
    void withoutASuperblockItSaysWhereToLook() throws Exception {
        Path pool = cutOff();
        damage(pool, false);
        damage(pool, true);
        Said said = check(pool);
        assertThat(said.exitCode()).isEqualTo(LaunchException.FAILED);
        assertThat(said.err()).contains("neither superblock is valid", "docs/pool-format.md");
    }
}
