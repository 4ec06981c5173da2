package io.tidegate.scsi;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Big-endian numbers in byte arrays. Bounds are checked by the array. */
public final class Be {

    private static final VarHandle SHORT =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private Be() {}

    public static int u8(byte[] from, int at) {
        return from[at] & 0xff;
    }

    public static int u16(byte[] from, int at) {
        return (short) SHORT.get(from, at) & 0xffff;
    }

    public static int u24(byte[] from, int at) {
        return u8(from, at) << 16 | u16(from, at + 1);
    }

    /** Unsigned 32 bits. */
    public static long u32(byte[] from, int at) {
        return (int) INT.get(from, at) & 0xffffffffL;
    }

    public static int i32(byte[] from, int at) {
        return (int) INT.get(from, at);
    }

    /** 64 bits, for the caller to take as unsigned. */
    public static long i64(byte[] from, int at) {
        return (long) LONG.get(from, at);
    }

    public static boolean bit(byte[] from, int at, int bit) {
        return (from[at] >>> bit & 1) != 0;
    }

    public static void put8(byte[] into, int at, int value) {
        into[at] = (byte) value;
    }

    public static void put16(byte[] into, int at, int value) {
        SHORT.set(into, at, (short) value);
    }

    public static void put24(byte[] into, int at, int value) {
        into[at] = (byte) (value >>> 16);
        put16(into, at + 1, value);
    }

    public static void put32(byte[] into, int at, long value) {
        INT.set(into, at, (int) value);
    }

    public static void put64(byte[] into, int at, long value) {
        LONG.set(into, at, value);
    }
}
