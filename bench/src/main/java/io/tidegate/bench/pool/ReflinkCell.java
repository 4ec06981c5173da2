package io.tidegate.bench.pool;

import io.tidegate.block.FileDevice;
import io.tidegate.block.NativeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Beside clones of a file in btrfs, on an image that is mounted for the time of the cell. Needs
 * root and a kernel with btrfs; says why when it cannot.
 */
final class ReflinkCell implements Cell {

    private static final long IMAGE_BYTES = 3 * Scene.GIB;

    @Override
    public String name() {
        return "btrfs";
    }

    @Override
    public String about() {
        return "1 GiB, the same scattered writes: a file and its clones in btrfs, the pool";
    }

    @Override
    public void run(Scene scene, Table table) throws Exception {
        if (!Programs.installed("mkfs.btrfs") || !Programs.installed("filefrag")) {
            table.note("btrfs: left out, mkfs.btrfs or filefrag is not installed");
            return;
        }
        Path scratch = scene.path("scratch");
        Path image = scene.path("image");
        Path mount = scene.path("mount");
        Files.createDirectory(scratch);
        Files.createDirectory(mount);
        try (NativeFile file = NativeFile.open(image, NativeFile.Flag.CREATE_NEW)) {
            file.truncate(IMAGE_BYTES);
        }
        Contest other;
        try {
            Programs.millis(scratch, "mkfs.btrfs", "-q", image.toString());
            Programs.millis(scratch, "mount", "-o", "loop", image.toString(), mount.toString());
        } catch (IOException e) {
            table.note("btrfs: left out: " + e.getMessage());
            return;
        }
        try {
            other = btrfs(scene, scratch, mount);
        } finally {
            // The loop device goes with the mount.
            Programs.millis(scratch, "umount", mount.toString());
            Files.delete(image);
        }
        Contest.rows(
                table, "btrfs", other, Contest.pool(scene), "btrfs: extents of both, not compared");
    }

    private static Contest btrfs(Scene scene, Path scratch, Path mount) throws Exception {
        Path file = mount.resolve("file");
        Path tiny = mount.resolve("tiny");
        Files.write(tiny, new byte[Scene.BLOCK]);
        Contest.Seen seen = new Contest.Seen();
        try (FileDevice device = FileDevice.create(file, Scene.geometry(Contest.BYTES))) {
            scene.fill(device, Scene.MIB);
            Contest.writes(device, Contest.offsets(-1));
            device.flush();
            double cpBase =
                    Programs.base(scratch, "cp", "--reflink=always", tiny.toString(), tiny + "2");
            double fragBase = Programs.base(scratch, "filefrag", "-v", tiny.toString());
            Path before = mount.resolve("clone");
            clone(scratch, file, before, cpBase);
            for (int r = 0; r < Contest.ROUNDS; r++) {
                long[] offsets = Contest.offsets(r);
                seen.first[r] = Contest.writes(device, offsets);
                seen.again[r] = Contest.writes(device, offsets);
                device.flush();
                Path now = mount.resolve("clone" + r);
                seen.snapshot[r] = clone(scratch, file, now, cpBase);
                seen.diff[r] =
                        Programs.millis(scratch, "filefrag", "-v", before.toString())
                                + Programs.millis(scratch, "filefrag", "-v", now.toString())
                                - 2 * fragBase;
                Path old = before;
                seen.delete[r] = Rounds.millis(() -> delete(old, mount));
                before = now;
            }
        }
        return seen.medians();
    }

    /** Milliseconds of a clone that is durable. */
    private static double clone(Path scratch, Path from, Path to, double base) throws Exception {
        double copy =
                Programs.millis(scratch, "cp", "--reflink=always", from.toString(), to.toString());
        return Math.max(0, copy - base) + Rounds.millis(() -> sync(to));
    }

    private static void sync(Path file) throws IOException {
        try (NativeFile f = NativeFile.open(file)) {
            f.sync();
        }
    }

    private static void delete(Path file, Path mount) throws IOException {
        Files.delete(file);
        NativeFile.syncDirectory(mount);
    }
}
