package io.tidegate.copy.mover;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.Discardable;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

/** Whole devices as arrays, and contents for them. */
public final class Bytes {

    private Bytes() {}

    /** All of a device. */
    public static byte[] of(BlockDevice device) throws DeviceException {
        byte[] all = new byte[(int) device.geometry().sizeBytes()];
        device.read(0, ByteBuffer.wrap(all));
        return all;
    }

    /** A device full of one byte. */
    public static <T extends BlockDevice> T fill(T device, int value) throws DeviceException {
        byte[] all = new byte[(int) device.geometry().sizeBytes()];
        Arrays.fill(all, (byte) value);
        device.write(0, ByteBuffer.wrap(all));
        return device;
    }

    /** Data, holes, and written zeroes, in runs of up to {@code maxRun} bytes. */
    public static <T extends BlockDevice & Discardable> T patches(
            T device, Random random, int maxRun) throws DeviceException {
        int block = device.geometry().logicalBlockBytes();
        long size = device.geometry().sizeBytes();
        long at = 0;
        while (at < size) {
            long length = Math.min(size - at, (long) block * (1 + random.nextInt(maxRun / block)));
            switch (random.nextInt(3)) {
                case 0 -> device.discard(at, length);
                case 1 -> device.write(at, ByteBuffer.allocate((int) length));
                default -> {
                    byte[] data = new byte[(int) length];
                    random.nextBytes(data);
                    device.write(at, ByteBuffer.wrap(data));
                }
            }
            at += length;
        }
        return device;
    }
}
