package io.tidegate.presentation;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import java.nio.ByteBuffer;

/**
 * Stands where a device could not be opened: the unit keeps its identity and its LUNs, and every
 * command on the medium fails.
 */
final class GoneDevice implements BlockDevice {

    private final String name;
    private final Geometry geometry;
    private final String why;

    GoneDevice(String name, Geometry geometry, String why) {
        this.name = name;
        this.geometry = geometry;
        this.why = why;
    }

    @Override
    public Geometry geometry() {
        return geometry;
    }

    @Override
    public void read(long offset, ByteBuffer into) throws DeviceException {
        throw gone(offset, into.remaining());
    }

    @Override
    public boolean tryRead(long offset, ByteBuffer into) throws DeviceException {
        throw gone(offset, into.remaining());
    }

    @Override
    public void write(long offset, ByteBuffer from) throws DeviceException {
        throw gone(offset, from.remaining());
    }

    @Override
    public void flush() throws DeviceException {
        throw gone(0, 0);
    }

    @Override
    public void close() {
        // holds nothing
    }

    private DeviceException gone(long offset, long length) {
        return new DeviceException(DeviceException.Kind.GONE, name, offset, length, why);
    }
}
