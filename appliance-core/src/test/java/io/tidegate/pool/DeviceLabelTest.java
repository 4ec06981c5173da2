package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** The label at the head of a raw device. */
@NullUnmarked
class DeviceLabelTest {

    @Test
    void standsWhereTheFormatSays() {
        DeviceLabel label = new DeviceLabel(new UUID(0x0102L, 0x0304L), 7, 5L << 40);
        ByteBuffer b = label.encode().order(ByteOrder.LITTLE_ENDIAN);
        byte[] magic = new byte[8];
        b.get(0, magic);
        assertThat(new String(magic, StandardCharsets.US_ASCII)).isEqualTo("TIDEDISK");
        assertThat(b.getInt(8)).isZero();
        assertThat(b.getInt(12)).isEqualTo(7);
        assertThat(b.getLong(16)).isEqualTo(0x0102L);
        assertThat(b.getLong(24)).isEqualTo(0x0304L);
        assertThat(b.getLong(32)).isEqualTo(5L << 40);
        assertThat(DeviceLabel.decode(b)).isEqualTo(label);
    }

    @Test
    void oneWrongBitIsNoLabel() {
        Random random = new Random(1);
        DeviceLabel label = new DeviceLabel(UUID.randomUUID(), 3, 1 << 30);
        for (int i = 0; i < 500; i++) {
            ByteBuffer b = label.encode();
            int at = i < 48 ? i : random.nextInt(DeviceLabel.BYTES);
            b.put(at, (byte) (b.get(at) ^ 1 << random.nextInt(8)));
            assertThat(DeviceLabel.decode(b)).as("bit in byte %d", at).isNull();
        }
        assertThat(DeviceLabel.decode(label.encode().limit(DeviceLabel.BYTES - 1))).isNull();
        assertThat(DeviceLabel.decode(ByteBuffer.allocate(0))).isNull();
    }
}
