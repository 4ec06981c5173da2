package io.tidegate.pool;

import io.tidegate.volume.StoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/** Makes and opens pools over any {@link PoolFiles}. */
final class PoolFactory {

    private static final long INITIAL_LSN = 0;

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
        try {
            List<String> names = directory.names();
            if (!names.isEmpty()) {
                throw new StoreException(
                        StoreException.Kind.EXISTS,
                        directory.name() + " is not empty: it holds " + names.get(0));
            }
            lock();
            try {
                write(options);
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
        if (!directory.lock()) {
            throw new StoreException(
                    StoreException.Kind.BUSY,
                    "the pool in " + directory.name() + " is open in another process");
        }
    }

    private void write(PoolOptions options) throws IOException {
        Layout layout = Layout.of(options);
        PoolCore.Parts parts = new PoolCore.Parts(directory, layout, rules);
        PoolFile superFile = directory.create(Superblocks.FILE);
        PoolFile wal = directory.create(Recovery.WAL);
        try {
            superFile.write(Superblocks.DISTANCE, ByteBuffer.allocateDirect(Superblock.BYTES));
            wal.allocate(0, options.walBytes());
            parts.space.allocateReserve();
            UUID none = new UUID(0, 0);
            Superblock.Blob empty = new Superblock.Blob(0, 0);
            Superblock start =
                    new Superblock(
                            UUID.randomUUID(),
                            none,
                            0,
                            0,
                            features(options),
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

    private static long features(PoolOptions options) {
        return Superblock.INCOMPATIBLE_SHARING
                | Superblock.INCOMPATIBLE_BOOKMARKS
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
