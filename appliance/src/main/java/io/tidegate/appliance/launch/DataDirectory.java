package io.tidegate.appliance.launch;

import io.tidegate.block.NativeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/** The data directory, held by one process through a lock on {@code tidegate.lock}. */
final class DataDirectory implements AutoCloseable {

    private final NativeFile lock;

    private DataDirectory(NativeFile lock) {
        this.lock = lock;
    }

    /**
     * Makes the directory (mode 0700) where it is missing, and takes the lock.
     *
     * @return empty when another process holds it
     */
    static Optional<DataDirectory> acquire(Path path) {
        try {
            if (!Files.isDirectory(path)) {
                Files.createDirectories(
                        path,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rwx------")));
            }
            return NativeFile.openLocked(path.resolve("tidegate.lock")).map(DataDirectory::new);
        } catch (IOException e) {
            throw new LaunchException(
                    LaunchException.FAILED,
                    "the data directory " + path + " cannot be used: " + e.getMessage(),
                    "give a directory that you may write to with --data");
        }
    }

    @Override
    public void close() {
        lock.close();
    }
}
