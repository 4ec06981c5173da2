package io.tidegate.pool;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;

/** Little-endian bytes that grow. */
final class BytesOut {

    private ByteBuffer b = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);

    private ByteBuffer room(int n) {
        if (b.remaining() < n) {
            byte[] bigger = Arrays.copyOf(b.array(), Math.max(b.capacity() * 2, b.position() + n));
            b = ByteBuffer.wrap(bigger).order(ByteOrder.LITTLE_ENDIAN).position(b.position());
        }
        return b;
    }

    BytesOut i32(int v) {
        room(4).putInt(v);
        return this;
    }

    BytesOut i64(long v) {
        room(8).putLong(v);
        return this;
    }

    BytesOut uuid(UUID v) {
        return i64(v.getMostSignificantBits()).i64(v.getLeastSignificantBits());
    }

    BytesOut text(String v) {
        byte[] bytes = v.getBytes(StandardCharsets.UTF_8);
        i32(bytes.length);
        room(bytes.length).put(bytes);
        return this;
    }

    byte[] bytes() {
        return Arrays.copyOf(b.array(), b.position());
    }
}
