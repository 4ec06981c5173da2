package io.tidegate.pool;

import io.tidegate.volume.StoreException;
import io.tidegate.volume.StoreException.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a pool larger while it is in use.
 *
 * <pre>
 *  files:   real space for the larger reserve     | checkpoint whose cut adds the segments
 *  devices: look, label, link, sync, token        | superblock and log batch durable
 *                                                 | segments may be used
 * </pre>
 *
 * No record names a new segment before the superblock that knows of it is durable, so a recovery
 * from the superblock before never meets one. What was made for a growth that was cut off (space at
 * the end of the files, a label and a link) is used by the next one.
 *
 * <p>How much of the map may wait in memory is settled at an opening, and so follows the new size
 * at the next one.
 */
final class Growth {

    private static final Logger LOG = LoggerFactory.getLogger(Growth.class);

    private final PoolCore core;
    private final BootToken token;

    Growth(PoolCore core, BootToken token) {
        this.core = core;
        this.token = token;
    }

    void toSize(long sizeBytes) throws StoreException {
        exclusively(() -> growTo(sizeBytes));
    }

    void byDevices(List<Path> paths) throws StoreException {
        exclusively(() -> growBy(paths));
    }

    private interface Step {
        void run() throws IOException;
    }

    private void exclusively(Step step) throws StoreException {
        core.growing.lock();
        try {
            if (core.closed) {
                throw new IllegalStateException("the pool is closed");
            }
            if (!core.health.writable()) {
                throw new StoreException(
                        Kind.READ_ONLY,
                        "the pool takes no writes: " + core.health.readOnlyReason());
            }
            long before = core.space.segments();
            step.run();
            LOG.info(
                    "pool {} has {} segments, {} before", core.name, core.space.segments(), before);
        } catch (RefusedException e) {
            throw Failures.opening(e);
        } catch (IOException e) {
            throw Failures.store(e, core);
        } finally {
            core.growing.unlock();
        }
    }

    private boolean onDevices() {
        return core.checkpointer.current().onDevices();
    }

    // Files -------------------------------------------------------------------------------------

    private void growTo(long sizeBytes) throws IOException {
        Layout now = core.space.layout();
        long segments = sizeBytes / now.segmentBytes();
        if (onDevices()) {
            throw new RefusedException(
                    Kind.LIMIT, "the pool lies on raw devices: add a device to make it larger");
        }
        if (sizeBytes > PoolOptions.MAX_SIZE_BYTES || segments > Integer.MAX_VALUE - 8) {
            throw new RefusedException(
                    Kind.LIMIT,
                    sizeBytes + " bytes are more than a pool can have, 1 PiB or 2^31 segments");
        }
        if (segments < now.segments()) {
            throw new RefusedException(
                    Kind.LIMIT, "the pool has " + now.bytes() + " bytes and cannot become smaller");
        }
        if (segments == now.segments() && !core.space.growing()) {
            return;
        }
        Layout next = now.withSegments((int) segments);
        int usable = core.space.usable().segments() + next.segments() - now.segments();
        int reserve = Math.max(core.space.reserve(), Reserve.segments(next.withSegments(usable)));
        BitSet real = new BitSet();
        boolean grown = false;
        try {
            allocate(real, now.segments(), next.segments(), reserve - core.space.reserve());
            SpaceMap.Extension by =
                    new SpaceMap.Extension(next.segments(), new BitSet(), real, reserve);
            grown = core.checkpointer.run(false, () -> core.space.extend(by));
        } finally {
            if (!grown && core.space.segments() == now.segments()) {
                giveBack(real);
            }
        }
        requireGrown(grown);
    }

    /** The reserve's part has real space before it counts. */
    private void allocate(BitSet real, int from, int end, int number) throws IOException {
        for (int s = from; s < Math.min(end, from + number); s++) {
            try {
                core.files.allocate(s, true);
            } catch (IOException e) {
                if (!Failures.isNoSpace(e)) {
                    throw e;
                }
                NoSpaceException full =
                        new NoSpaceException(
                                "the file system has no room for the larger reserve, "
                                        + (long) number * core.layout.segmentBytes()
                                        + " bytes: "
                                        + e.getMessage());
                full.initCause(e);
                throw full;
            }
            real.set(s);
        }
    }

    private void giveBack(BitSet real) {
        try {
            for (int s = real.nextSetBit(0); s >= 0; s = real.nextSetBit(s + 1)) {
                core.files.punch(s);
            }
        } catch (IOException e) {
            // Whoever grows the pool later uses it.
            LOG.warn("pool {}: space behind its end stays allocated", core.name, e);
        }
    }

    // Devices -----------------------------------------------------------------------------------

    private void growBy(List<Path> paths) throws IOException {
        if (!onDevices()) {
            throw new RefusedException(
                    Kind.LIMIT,
                    "the pool lies in ordinary files and cannot have raw devices too: give it a"
                            + " larger size, or make a new pool on the devices");
        }
        Layout now = core.space.layout();
        if (core.space.growing()) {
            // An earlier growth is not durable yet; its devices come first.
            requireGrown(core.checkpointer.run(false));
        }
        int index = core.checkpointer.current().layout().files();
        try (Devices devices =
                Devices.examine(
                        core.directory,
                        paths,
                        (int) now.segmentBytes(),
                        index,
                        core.checkpointer.current().pool())) {
            Layout next = devices.extended(now);
            BitSet reserved = devices.reserved(now, next);
            int added = next.segments() - now.segments() - reserved.cardinality();
            int usable = core.space.usable().segments() + added;
            int reserve =
                    Math.max(core.space.reserve(), Reserve.segments(next.withSegments(usable)));
            label(devices);
            if (!core.health.whileWritable(() -> token.over(core.directory.identity()).make())) {
                throw new IOException("the pool takes no writes: " + core.health.readOnlyReason());
            }
            SpaceMap.Extension by =
                    new SpaceMap.Extension(next.segments(), reserved, new BitSet(), reserve);
            requireGrown(
                    core.checkpointer.run(
                            false,
                            () -> {
                                devices.give(core.files);
                                core.space.extend(by);
                            }));
        }
    }

    private void label(Devices devices) throws IOException {
        try {
            devices.label(core.checkpointer.current().pool());
        } catch (IOException e) {
            core.health.noticed(e);
            throw e;
        }
    }

    private static void requireGrown(boolean grown) throws RefusedException {
        if (!grown) {
            throw new RefusedException(
                    Kind.NOT_DRAINED,
                    "writes under way did not end in time; the pool has its old size. Try again");
        }
    }
}
