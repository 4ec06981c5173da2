package io.tidegate.copy.mover;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.ExtentSharing;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One piece that is taken over by reference. It is run by a worker; who started it asks how far it
 * came once it has ended.
 *
 * <p>A share that fails is no end of the copy: the bytes are copied then, and if a device is the
 * reason that says which one and why.
 */
final class SharePiece {

    private static final Logger LOG = LoggerFactory.getLogger(SharePiece.class);

    private final long length;
    private volatile long shared;

    SharePiece(long length) {
        this.length = length;
    }

    long length() {
        return length;
    }

    Moved run(
            BlockDevice source,
            long sourceOffset,
            BlockDevice destination,
            long destinationOffset) {
        if (!(destination instanceof ExtentSharing sharing)) {
            return Moved.NOTHING;
        }
        try {
            shared = sharing.share(source, sourceOffset, destinationOffset, length);
        } catch (DeviceException e) {
            LOG.info("{} is not shared into {}; its bytes are copied", source, destination, e);
        }
        return new Moved(0, 0, 0, shared);
    }

    /** Bytes from the start of the piece on; to be asked when it has ended. */
    long shared() {
        return shared;
    }

    /** Whether the store went as far as it was asked. */
    boolean whole() {
        return shared == length;
    }
}
