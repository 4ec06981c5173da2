package io.tidegate.pool;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;

/** A directory that does what another one does; tests change some of it. */
@NullUnmarked
class Forwarding implements PoolFiles {

    final PoolFiles to;

    Forwarding(PoolFiles to) {
        this.to = to;
    }

    @Override
    public boolean lock() throws IOException {
        return to.lock();
    }

    @Override
    public List<String> names() throws IOException {
        return to.names();
    }

    @Override
    public PoolFile create(String name) throws IOException {
        return to.create(name);
    }

    @Override
    public PoolFile open(String name) throws IOException {
        return to.open(name);
    }

    @Override
    public PoolFile openDevice(Path device) throws IOException {
        return to.openDevice(device);
    }

    @Override
    public void link(String name, Path device) throws IOException {
        to.link(name, device);
    }

    @Override
    public long freeBytes() throws IOException {
        return to.freeBytes();
    }

    @Override
    public void syncDirectory() throws IOException {
        to.syncDirectory();
    }

    @Override
    public String identity() throws IOException {
        return to.identity();
    }

    @Override
    public String name() {
        return to.name();
    }

    @Override
    public void close() throws IOException {
        to.close();
    }
}
