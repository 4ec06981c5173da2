package io.tidegate.bench.pool;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Beside qcow2 with internal snapshots. Commands go to one qemu-io through its input; the time of
 * starting and ending a program is measured apart and taken off. Flushes at its end are switched
 * off while writes are timed.
 */
final class QcowCell implements Cell {

    @Override
    public String name() {
        return "qcow2";
    }

    @Override
    public String about() {
        return "1 GiB, the same scattered writes: qcow2 with internal snapshots, the pool";
    }

    @Override
    public void run(Scene scene, Table table) throws Exception {
        if (!Programs.installed("qemu-img") || !Programs.installed("qemu-io")) {
            table.note("qcow2: left out, qemu-img and qemu-io are not installed");
            return;
        }
        Path scratch = scene.path("qcow");
        Files.createDirectory(scratch);
        Contest other;
        try {
            other = qcow(scratch, scratch.resolve("image").toString());
        } finally {
            Scene.remove(scratch);
        }
        Contest.rows(table, "qcow2", other, Contest.pool(scene), "of two maps, one as in qcow2");
        table.note("qcow2 has no difference of two snapshots: the time is that of qemu-img map");
    }

    private static Contest qcow(Path scratch, String image) throws Exception {
        Programs.millis(scratch, "qemu-img", "create", "-q", "-f", "qcow2", image, "1G");
        io(scratch, image, "write -q -P 7 0 512M\nwrite -q -P 8 512M 512M\nflush\n");
        io(scratch, image, writes(Contest.offsets(-1)) + "flush\n");
        double imgBase = Programs.base(scratch, "qemu-img", "snapshot", "-l", image);
        double ioBase = Rounds.median(new double[] {quiet(scratch, image), quiet(scratch, image)});
        Contest.Seen seen = new Contest.Seen();
        snapshot(scratch, image, "-c", "s");
        for (int r = 0; r < Contest.ROUNDS; r++) {
            long[] offsets = Contest.offsets(r);
            String writes = writes(offsets);
            seen.first[r] = (io(scratch, image, writes) - ioBase) * 1e3 / offsets.length;
            seen.again[r] = (io(scratch, image, writes) - ioBase) * 1e3 / offsets.length;
            Programs.millis(scratch, "sync", image);
            seen.snapshot[r] = snapshot(scratch, image, "-c", "s" + r) - imgBase;
            seen.diff[r] =
                    Programs.millis(scratch, "qemu-img", "map", "--output=json", image) - imgBase;
            String old = r == 0 ? "s" : "s" + (r - 1);
            seen.delete[r] = snapshot(scratch, image, "-d", old) - imgBase;
        }
        return seen.medians();
    }

    private static double quiet(Path scratch, String image) throws Exception {
        return io(scratch, image, "");
    }

    private static double snapshot(Path scratch, String image, String act, String name)
            throws Exception {
        return Programs.millis(scratch, "qemu-img", "snapshot", act, name, image);
    }

    private static String writes(long[] offsets) {
        StringBuilder commands = new StringBuilder();
        for (long offset : offsets) {
            commands.append("write -q ").append(offset).append(" 4096\n");
        }
        return commands.toString();
    }

    /** Milliseconds of one qemu-io with these commands. */
    private static double io(Path scratch, String image, String commands) throws Exception {
        return Rounds.millis(
                () ->
                        Programs.run(
                                scratch,
                                commands,
                                List.of("qemu-io", "-t", "unsafe", "-f", "qcow2", image)));
    }
}
