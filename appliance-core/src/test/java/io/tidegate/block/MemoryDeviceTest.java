package io.tidegate.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class MemoryDeviceTest extends BlockDeviceContract {

    @Override
    protected BlockDevice fresh(long sizeBytes) {
        return MemoryDevice.ofBytes(sizeBytes);
    }

    @Test
    void growsWithZeroes() throws DeviceException {
        try (MemoryDevice device = new MemoryDevice("m", Geometry.ofBytes(8192, 4096, 4096))) {
            device.write(4096, ByteBuffer.allocate(4096).put(0, (byte) 7));
            device.grow(Geometry.ofBytes(1 << 30, 4096, 4096));
            ByteBuffer in = ByteBuffer.allocate(8192);
            device.read(4096, in);
            assertThat(in.get(0)).isEqualTo((byte) 7);
            assertThat(in.get(4096)).isZero();
            assertThat(device.runs(0, 1 << 30, 9))
                    .containsExactly(
                            new ExtentMapped.Run(0, 65536, true),
                            new ExtentMapped.Run(65536, (1 << 30) - 65536, false));
        }
    }
}
