package io.tidegate.pool;

import io.tidegate.volume.StoreException.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.NullUnmarked;

/**
 * A directory in simulated files whose names may stand for devices of a fixed size. A device is a
 * simulated file as well, so it loses what was not synced; a link is a small one, durable when the
 * directory was synced.
 */
@NullUnmarked
final class SimDevices extends Forwarding {

    private static final String DEVICE = "device ";
    private static final int LINK_BYTES = 256;

    final SimFiles files;
    private final Set<String> absent = new HashSet<>();
    private final Set<String> inUse = new HashSet<>();

    SimDevices() {
        this(new SimFiles());
    }

    private SimDevices(SimFiles files) {
        super(files);
        this.files = files;
    }

    /** A new device, all zeroes. */
    Path attach(String name, int size) throws IOException {
        PoolFile device = files.create(DEVICE + "/dev/" + name);
        device.allocate(0, size);
        device.sync();
        files.syncDirectory();
        return Path.of("/dev/" + name);
    }

    void detach(Path device) {
        absent.add(device.toString());
    }

    void attachAgain(Path device) {
        absent.remove(device.toString());
    }

    /** A device's content, past all checks. */
    PoolFile raw(Path device) throws IOException {
        return files.open(DEVICE + device);
    }

    byte[] content(Path device) {
        return files.content(DEVICE + device);
    }

    SimDevices afterPowerLoss(Random random) {
        return new SimDevices(files.afterPowerLoss(random));
    }

    @Override
    public List<String> names() {
        return files.names().stream().filter(n -> !n.startsWith(DEVICE)).toList();
    }

    @Override
    public void link(String name, Path device) throws IOException {
        PoolFile link = files.names().contains(name) ? files.open(name) : files.create(name);
        byte[] target = device.toString().getBytes(StandardCharsets.UTF_8);
        link.write(0, ByteBuffer.allocate(LINK_BYTES).put(target).position(0));
        link.sync();
    }

    @Override
    public PoolFile open(String name) throws IOException {
        if (!name.startsWith("data-")) {
            return files.open(name);
        }
        ByteBuffer target = ByteBuffer.allocate(LINK_BYTES);
        files.open(name).read(0, target);
        return openDevice(
                Path.of(
                        new String(target.array(), StandardCharsets.UTF_8)
                                .strip()
                                .replace("\0", "")));
    }

    @Override
    public synchronized PoolFile openDevice(Path path) throws IOException {
        String device = path.toString();
        if (absent.contains(device) || !files.names().contains(DEVICE + device)) {
            throw new RefusedException(Kind.IO, device + " is not there");
        }
        if (!inUse.add(device)) {
            throw new RefusedException(Kind.BUSY, device + " is in use");
        }
        return new Device(files.open(DEVICE + device), device);
    }

    private final class Device implements PoolFile {
        private final PoolFile file;
        private final String path;
        private final long size;

        Device(PoolFile file, String path) throws IOException {
            this.file = file;
            this.path = path;
            this.size = file.size();
        }

        private void within(long offset, long length) throws IOException {
            if (offset + length > size) {
                throw new IOException(path + " ends before " + (offset + length));
            }
        }

        @Override
        public void read(long offset, ByteBuffer into) throws IOException {
            file.read(offset, into);
        }

        @Override
        public boolean tryRead(long offset, ByteBuffer into) throws IOException {
            return file.tryRead(offset, into);
        }

        @Override
        public void write(long offset, ByteBuffer from) throws IOException {
            within(offset, from.remaining());
            file.write(offset, from);
        }

        @Override
        public void sync() throws IOException {
            file.sync();
        }

        @Override
        public void punch(long offset, long length) throws IOException {
            within(offset, length);
            file.punch(offset, length);
        }

        @Override
        public void allocate(long offset, long length) throws IOException {
            within(offset, length);
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public boolean isDevice() {
            return true;
        }

        @Override
        public void dropCache() throws IOException {
            file.dropCache();
        }

        @Override
        public void close() {
            synchronized (SimDevices.this) {
                inUse.remove(path);
            }
        }
    }
}
