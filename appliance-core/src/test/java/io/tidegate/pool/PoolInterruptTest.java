package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidegate.block.ChangeStream;
import io.tidegate.block.CopyTarget;
import io.tidegate.block.DeviceException;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Barrier rule 8: whoever is interrupted in the pool's I/O, no file of it is closed and its lock
 * stays. Broken by files over {@link FileChannel}, which an interrupt closes for everyone.
 */
@NullUnmarked
class PoolInterruptTest extends RuleScenes {

    @TempDir Path dir;

    /** Makes data files that are channels. */
    private static final class Channels extends Forwarding {
        private final Path at;

        Channels(PoolFiles to, Path at) {
            super(to);
            this.at = at;
        }

        @Override
        public PoolFile create(String name) throws IOException {
            to.create(name).close();
            return open(name);
        }

        @Override
        public PoolFile open(String name) throws IOException {
            return new Channel(
                    FileChannel.open(
                            at.resolve(name), StandardOpenOption.READ, StandardOpenOption.WRITE));
        }
    }

    private record Channel(FileChannel file) implements PoolFile {
        @Override
        public void read(long offset, ByteBuffer into) throws IOException {
            long at = offset;
            while (into.hasRemaining()) {
                int n = file.read(into, at);
                if (n < 0) {
                    throw new EOFException("at " + at);
                }
                at += n;
            }
        }

        @Override
        public boolean tryRead(long offset, ByteBuffer into) throws IOException {
            read(offset, into);
            return true;
        }

        @Override
        public void write(long offset, ByteBuffer from) throws IOException {
            long at = offset;
            while (from.hasRemaining()) {
                at += file.write(from, at);
            }
        }

        @Override
        public void sync() throws IOException {
            file.force(false);
        }

        @Override
        public void punch(long offset, long length) {}

        @Override
        public void allocate(long offset, long length) throws IOException {
            if (file.size() < offset + length) {
                file.write(ByteBuffer.allocate(1), offset + length - 1);
            }
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public void dropCache() {}

        @Override
        public void close() throws IOException {
            file.close();
        }
    }

    /** Work in the pool's I/O, each to be done by a thread that was interrupted before. */
    private Map<String, Body> jobs(VolumeDevice v, SnapshotId from, SnapshotId to) {
        Map<String, Body> jobs = new LinkedHashMap<>();
        jobs.put("read", () -> assertThat(read(v, 0)).isEqualTo(2));
        jobs.put("write", () -> write(v, 8 * GRAIN, GRAIN, 3));
        jobs.put("write in place", () -> write(v, 8 * GRAIN, GRAIN, 4));
        jobs.put("flush", v::flush);
        jobs.put("snapshot", () -> pool.snapshot(Map.of(v.volume(), SnapshotId.random())));
        jobs.put("checkpoint", () -> assertThat(pool.core().checkpointer.run(false)).isTrue());
        jobs.put("scrub", () -> assertThat(pool.scrub(PoolHarness.NO_LIMIT).complete()).isTrue());
        jobs.put("check", () -> assertThat(pool.check().problems()).isEmpty());
        jobs.put(
                "difference",
                () -> {
                    try (ChangeStream changes = pool.diff(from, to, 0)) {
                        assertThat(changes.next()).isPresent();
                    }
                });
        jobs.put(
                "copy",
                () -> {
                    try (CopyTarget.CopyStream copy = ((CopyTarget) v).openCopyStream()) {
                        write(copy, 16 * GRAIN, 16 * GRAIN, 5);
                        copy.flush();
                    }
                });
        return jobs;
    }

    private static void interrupted(String name, Body body) throws Exception {
        Side side =
                new Side(
                        () -> {
                            Thread.currentThread().interrupt();
                            body.run();
                        });
        side.thread.start();
        side.thread.join();
        assertThat(side.failure.get()).as(name).isNull();
    }

    private VolumeDevice ready(PoolFiles directory) throws Exception {
        PoolFactory factory = new PoolFactory(directory, new Quiet(), boot);
        factory.create(SMALL);
        pool = new Pool(factory, options());
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        return v;
    }

    @Test
    void anInterruptClosesNoFileAndDropsNoLock() throws Exception {
        VolumeDevice v = ready(new NativePoolFiles(dir));
        SnapshotId from = SnapshotId.random();
        SnapshotId to = SnapshotId.random();
        pool.snapshot(Map.of(v.volume(), from));
        write(v, 0, GRAIN, 2);
        pool.snapshot(Map.of(v.volume(), to));
        for (Map.Entry<String, Body> job : jobs(v, from, to).entrySet()) {
            interrupted(job.getKey(), job.getValue());
        }
        assertThat(pool.status().readOnlyReason()).isEmpty();
        assertThat(read(v, 0)).isEqualTo(2);
        assertThat(read(v, 8 * GRAIN)).isEqualTo(4);
        assertThat(read(v, 20 * GRAIN)).isEqualTo(5);
        StoreException second =
                catchThrowableOfType(
                        StoreException.class,
                        () ->
                                new Pool(
                                        new PoolFactory(
                                                new NativePoolFiles(dir),
                                                new Quiet(),
                                                UUID.randomUUID()),
                                        options()));
        assertThat(second.kind()).isEqualTo(StoreException.Kind.BUSY);
        v.flush();
        pool.close();
    }

    @Test
    void filesThatAnInterruptClosesAreLostToAll() throws Exception {
        VolumeDevice v = ready(new Channels(new NativePoolFiles(dir), dir));
        assertThat(read(v, 0)).isEqualTo(1);
        Side reader =
                new Side(
                        () -> {
                            Thread.currentThread().interrupt();
                            read(v, 0);
                        });
        reader.thread.start();
        reader.thread.join();
        assertThat(reader.failure.get()).isInstanceOf(DeviceException.class);
        assertThat(catchThrowableOfType(DeviceException.class, () -> read(v, 0))).isNotNull();
    }
}
