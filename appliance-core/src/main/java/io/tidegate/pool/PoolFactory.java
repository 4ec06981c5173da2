package io.tidegate.pool;

import io.tidegate.volume.StoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Makes and opens pools over any {@link PoolFiles}. */
final class PoolFactory {

    private static final long INITIAL_LSN = 0;
    private static final int ZEROES_AT_ONCE = 1 << 20;

    private final PoolFiles directory;
    private final Rules rules;
    private final UUID bootId;

    PoolFactory(PoolFiles directory, Rules rules, UUID bootId) {
        this.directory = directory;
        this.rules = rules;
        this.bootId = bootId;
    }

    static PoolFactory of(Path path) throws StoreException {
        try {
            return new PoolFactory(new NativePoolFiles(path), Rules.IN_FORCE, BootToken.bootId());
        } catch (IOException e) {
            throw Failures.opening(e);
        }
    }

    static void makeDirectory(Path path) throws StoreException {
        try {
            Files.createDirectories(path);
        } catch (IOException e) {
            throw Failures.opening(e);
        }
    }

    /** Writes an empty pool; it is then opened like any other. */
    void create(PoolOptions options) throws StoreException {
        create(() -> write(options, Layout.of(options), null));
    }

    /** As create, on raw devices, whose sizes count instead of those in the options. */
    void create(PoolOptions options, List<Path> paths) throws StoreException {
        create(
                () -> {
                    try (Devices devices =
                            Devices.examine(directory, paths, options.segmentBytes(), 0, null)) {
                        write(options, devices.layout(options), devices);
                    }
                });
    }

    private interface Writing {
        void run() throws IOException;
    }

    private void create(Writing writing) throws StoreException {
        try {
            // The lock's file is what a creation that was refused leaves.
            List<String> names =
                    directory.names().stream()
                            .filter(n -> !n.equals(NativePoolFiles.LOCK))
                            .toList();
            if (!names.isEmpty()) {
                throw new StoreException(
                        StoreException.Kind.EXISTS,
                        directory.name() + " is not empty: it holds " + names.get(0));
            }
            lock();
            try {
                writing.run();
            } finally {
                directory.close();
            }
        } catch (NoSpaceException e) {
            throw new StoreException(
                    StoreException.Kind.NO_SPACE,
                    "no room for the log and the reserve of " + directory.name(),
                    e);
        } catch (IOException e) {
            throw Failures.opening(e);
        }
    }

    private void lock() throws IOException, StoreException {
        if (!directory.lock() && rules.lockNeeded()) {
            throw new StoreException(
                    StoreException.Kind.BUSY,
                    "the pool in " + directory.name() + " is open in another process");
        }
    }

    private void write(PoolOptions options, Layout layout, @Nullable Devices devices)
            throws IOException {
        UUID id = UUID.randomUUID();
        PoolCore.Parts parts =
                new PoolCore.Parts(directory, layout, rules, PoolOpenOptions.standard());
        PoolFile superFile = directory.create(Superblocks.FILE);
        PoolFile wal = directory.create(Recovery.WAL);
        try {
            superFile.write(Superblocks.DISTANCE, ByteBuffer.allocateDirect(Superblock.BYTES));
            zero(wal, options.walBytes());
            if (devices != null) {
                devices.label(id);
                devices.give(parts.files);
                BitSet unused = devices.reserved(layout.withSegments(0), layout);
                unused.stream().skip(1).forEach(parts.space::reserved);
            }
            parts.space.reserve(Reserve.segments(parts.space.usable()));
            parts.space.allocateReserve();
            Superblock.Blob empty = new Superblock.Blob(0, 0);
            Superblock start =
                    new Superblock(
                            id,
                            Superblock.NOBODY,
                            0,
                            0,
                            features(options, devices != null),
                            layout,
                            options.walBytes(),
                            INITIAL_LSN,
                            0,
                            0,
                            0,
                            empty,
                            empty,
                            empty,
                            false);
            PoolCore core =
                    new PoolCore(
                            new PoolCore.Found(
                                    directory,
                                    start,
                                    CheckpointImage.Places.none(parts.space.pages()),
                                    new Superblocks(superFile),
                                    wal,
                                    parts,
                                    bootId,
                                    INITIAL_LSN,
                                    0),
                            PoolOpenOptions.standard());
            // Both superblocks are valid from the first day.
            core.checkpointer.run(false);
            core.checkpointer.run(true);
            directory.syncDirectory();
        } finally {
            parts.files.close();
            wal.close();
            superFile.close();
        }
    }

    /**
     * Written zeroes, not only space set aside: a sync after a first write to that would have to
     * wait for the host's file system to note that it was written.
     */
    private static void zero(PoolFile wal, int bytes) throws IOException {
        wal.allocate(0, bytes);
        ByteBuffer zeroes = ByteBuffer.allocateDirect(Math.min(bytes, ZEROES_AT_ONCE));
        for (long at = 0; at < bytes; at += zeroes.capacity()) {
            wal.write(at, zeroes.clear());
        }
        wal.sync();
    }

    private static long features(PoolOptions options, boolean onDevices) {
        return Superblock.INCOMPATIBLE_SHARING
                | Superblock.INCOMPATIBLE_BOOKMARKS
                | (onDevices ? Superblock.INCOMPATIBLE_DEVICES : 0)
                | (options.checksums() ? Superblock.INCOMPATIBLE_CHECKSUMS : 0);
    }

    /** An opening that holds the lock. */
    Recovery.Opened open(PoolOpenOptions options) throws StoreException {
        boolean good = false;
        try {
            if (!directory.names().contains(Superblocks.FILE)) {
                throw new StoreException(
                        StoreException.Kind.NOT_FOUND, "there is no pool in " + directory.name());
            }
            requirePool();
            lock();
            Recovery.Opened opened = new Recovery(directory, options, rules, bootId).open();
            if (rules.background()) {
                opened.core().maintenance.start();
                opened.core().sealer.start();
            }
            good = true;
            return opened;
        } catch (DamageException e) {
            throw refused(e);
        } catch (IOException e) {
            throw Failures.opening(e);
        } finally {
            if (!good) {
                release();
            }
        }
    }

    /** Taking the lock makes its file where there is none: not in what is no pool. */
    private void requirePool() throws IOException {
        if (!directory.names().contains(NativePoolFiles.LOCK)) {
            Superblocks superblocks = new Superblocks(directory.open(Superblocks.FILE));
            try {
                superblocks.read();
            } finally {
                superblocks.close();
            }
        }
    }

    private StoreException refused(DamageException e) {
        return new StoreException(
                StoreException.Kind.DAMAGED,
                directory.name()
                        + ": "
                        + e.getMessage()
                        + ". The pool is not opened and nothing was written to it. "
                        + e.advice(),
                e);
    }

    void release() throws StoreException {
        try {
            directory.close();
        } catch (IOException e) {
            throw Failures.opening(e);
        }
    }

    PoolCheckReport check() throws StoreException {
        return check(PoolOpenOptions.standard());
    }

    /** Looks at what an opening of a pool that nobody has open would see; writes nothing. */
    PoolCheckReport check(PoolOpenOptions options) throws StoreException {
        try {
            if (!directory.names().contains(Superblocks.FILE)) {
                throw new StoreException(
                        StoreException.Kind.NOT_FOUND, "there is no pool in " + directory.name());
            }
            requirePool();
            lock();
            try {
                return new Recovery(directory, options, rules, bootId).check();
            } finally {
                directory.close();
            }
        } catch (DamageException e) {
            throw refused(e);
        } catch (IOException e) {
            throw Failures.opening(e);
        }
    }
}
