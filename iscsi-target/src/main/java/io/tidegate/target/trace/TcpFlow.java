package io.tidegate.target.trace;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/**
 * One TCP connection as an analyser wants to see it: Ethernet, IPv4 or IPv6, and TCP headers around
 * parts of its two byte streams, with sequence numbers that fit. Only what the connection carried
 * is real; the Ethernet addresses, the window and the first sequence numbers are made up. For one
 * thread at a time.
 *
 * <pre>
 *   record header of pcap (16) | Ethernet (14) | IPv4 (20) or IPv6 (40) | TCP (20) | captured part
 * </pre>
 */
public final class TcpFlow {
    /** Bytes of stream in one frame at most; IP lengths end at 64 KiB. */
    static final int SEGMENT = 32 << 10;

    private static final int RECORD = 16;
    private static final int ETHERNET = 14;
    private static final int IPV4 = 20;
    private static final int IPV6 = 40;
    private static final int TCP = 20;
    private static final int ACK_PUSH = 0x18;
    private static final int ACK_FIN = 0x11;

    private final byte[] initiator;
    private final byte[] target;
    private final int initiatorPort;
    private final int targetPort;
    private final boolean six;
    private int initiatorNext = 1;
    private int targetNext = 1;
    private int identification;

    public TcpFlow(InetSocketAddress initiator, InetSocketAddress target) {
        this.six =
                !(initiator.getAddress() instanceof Inet4Address)
                        || !(target.getAddress() instanceof Inet4Address);
        this.initiator = bytes(initiator.getAddress());
        this.target = bytes(target.getAddress());
        this.initiatorPort = initiator.getPort();
        this.targetPort = target.getPort();
    }

    private byte[] bytes(InetAddress address) {
        byte[] own = address.getAddress();
        if (!six || own.length == 16) {
            return own;
        }
        return ByteBuffer.allocate(16).putInt(8, 0xffff).put(12, own).array(); // ::ffff:a.b.c.d
    }

    /**
     * Frames for the next bytes of one direction.
     *
     * @param captured the first of them, which are kept
     * @param length all of them, at least as many as are captured
     * @param micros time since the epoch
     */
    public byte[] frames(boolean fromInitiator, byte[] captured, int length, long micros) {
        int count = Math.max(1, (length + SEGMENT - 1) / SEGMENT);
        int headers = RECORD + ETHERNET + (six ? IPV6 : IPV4) + TCP;
        ByteBuffer out = ByteBuffer.allocate(count * headers + captured.length);
        for (int at = 0; at < length || at == 0; at += SEGMENT) {
            int whole = Math.min(SEGMENT, length - at);
            int kept = Math.max(0, Math.min(whole, captured.length - at));
            frame(out, fromInitiator, captured, at, kept, whole, ACK_PUSH, micros);
        }
        return out.array();
    }

    /** A frame that ends one direction. */
    public byte[] end(boolean fromInitiator, long micros) {
        ByteBuffer out = ByteBuffer.allocate(RECORD + ETHERNET + (six ? IPV6 : IPV4) + TCP);
        frame(out, fromInitiator, new byte[0], 0, 0, 0, ACK_FIN, micros);
        if (fromInitiator) {
            initiatorNext++;
        } else {
            targetNext++;
        }
        return out.array();
    }

    private void frame(
            ByteBuffer out,
            boolean fromInitiator,
            byte[] data,
            int from,
            int kept,
            int whole,
            int flags,
            long micros) {
        int headers = ETHERNET + (six ? IPV6 : IPV4) + TCP;
        out.putInt((int) (micros / 1_000_000)).putInt((int) (micros % 1_000_000));
        out.putInt(headers + kept).putInt(headers + whole);
        ethernet(out, fromInitiator);
        byte[] source = fromInitiator ? initiator : target;
        byte[] destination = fromInitiator ? target : initiator;
        if (six) {
            ipv6(out, source, destination, TCP + whole);
        } else {
            ipv4(out, source, destination, TCP + whole);
        }
        int tcp = out.position();
        out.putShort((short) (fromInitiator ? initiatorPort : targetPort));
        out.putShort((short) (fromInitiator ? targetPort : initiatorPort));
        out.putInt(fromInitiator ? initiatorNext : targetNext);
        out.putInt(fromInitiator ? targetNext : initiatorNext);
        out.put((byte) (TCP / 4 << 4)).put((byte) flags).putShort((short) 0xffff).putInt(0);
        out.put(data, Math.min(from, data.length), kept);
        if (kept == whole) { // else it cannot be known, and nobody can check it
            out.putShort(
                    tcp + 16, checksum(out, tcp, TCP + whole, pseudo(source, destination, whole)));
        }
        if (fromInitiator) {
            initiatorNext += whole;
        } else {
            targetNext += whole;
        }
    }

    /** Locally administered addresses: 1 is the initiator, 2 the target. */
    private void ethernet(ByteBuffer out, boolean fromInitiator) {
        out.putShort((short) 0x0200).putInt(fromInitiator ? 2 : 1);
        out.putShort((short) 0x0200).putInt(fromInitiator ? 1 : 2);
        out.putShort((short) (six ? 0x86dd : 0x0800));
    }

    private void ipv4(ByteBuffer out, byte[] source, byte[] destination, int payload) {
        int at = out.position();
        identification++;
        out.put((byte) 0x45).put((byte) 0).putShort((short) (IPV4 + payload));
        out.putShort((short) identification).putShort((short) 0x4000); // do not fragment
        out.put((byte) 64).put((byte) 6).putShort((short) 0).put(source).put(destination);
        out.putShort(at + 10, checksum(out, at, IPV4, 0));
    }

    private static void ipv6(ByteBuffer out, byte[] source, byte[] destination, int payload) {
        out.putInt(6 << 28).putShort((short) payload).put((byte) 6).put((byte) 64);
        out.put(source).put(destination);
    }

    /** Sum over the pseudo header of TCP (RFC 9293, 3.1; RFC 8200, 8.1). */
    private static long pseudo(byte[] source, byte[] destination, int whole) {
        ByteBuffer both = ByteBuffer.allocate(source.length + destination.length);
        both.put(source).put(destination);
        return sum(both, 0, both.capacity()) + 6 + TCP + whole;
    }

    private static long sum(ByteBuffer in, int at, int length) {
        long sum = 0;
        for (int i = 0; i + 1 < length; i += 2) {
            sum += in.getShort(at + i) & 0xffff;
        }
        return (length & 1) == 0 ? sum : sum + ((in.get(at + length - 1) & 0xff) << 8);
    }

    /** The internet checksum (RFC 1071). */
    private static short checksum(ByteBuffer in, int at, int length, long more) {
        long sum = more + sum(in, at, length);
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (short) ~sum;
    }
}
