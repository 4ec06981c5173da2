package io.tidegate.scsi;

import io.tidegate.scsi.Sense.FieldPointer;
import io.tidegate.scsi.Sense.Forwarded;
import io.tidegate.scsi.Sense.Progress;
import io.tidegate.scsi.Sense.SegmentPointer;
import io.tidegate.scsi.Sense.Specific;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Sense data in fixed (70h, 71h) and descriptor (72h, 73h) format (SPC-5, 4.4.2, 4.4.3).
 *
 * <p>In fixed format the information fields have 32 bits: a value that does not fit is left out, as
 * the standard demands. Forwarded sense of a copy follows the 18 bytes in fixed format, and the
 * command specific field then tells where it starts; in descriptor format it has a descriptor.
 */
final class SenseCodec {

    private static final int MAX_LENGTH = 252;

    private SenseCodec() {}

    static byte[] fixed(Sense sense) {
        Forwarded forwarded = sense.forwarded();
        byte[] tail = forwarded == null ? new byte[0] : forwarded.sense().encode(false);
        byte[] out = new byte[Sense.FIXED_LENGTH + (forwarded == null ? 0 : 1 + tail.length)];
        ByteBuffer into = ByteBuffer.wrap(out);
        Long information = sense.information();
        boolean valid = information != null && information >>> 32 == 0;
        into.put((byte) ((valid ? 0x80 : 0) | (sense.deferred() ? 0x71 : 0x70)));
        into.put(2, (byte) sense.key().ordinal());
        if (information != null && valid) {
            into.putInt(3, (int) (long) information);
        }
        into.put(7, (byte) (out.length - 8));
        Long commandSpecific = sense.commandSpecific();
        if (forwarded != null) {
            // Bytes 8 and 9: where the source's and the destination's status and sense start.
            into.put(forwarded.source() ? 8 : 9, (byte) Sense.FIXED_LENGTH);
            if (commandSpecific != null && commandSpecific >>> 16 == 0) {
                into.putShort(10, (short) (long) commandSpecific);
            }
            into.put(Sense.FIXED_LENGTH, (byte) forwarded.status().code());
            into.put(Sense.FIXED_LENGTH + 1, tail);
        } else if (commandSpecific != null && commandSpecific >>> 32 == 0) {
            into.putInt(8, (int) (long) commandSpecific);
        }
        into.put(12, (byte) sense.asc());
        into.put(13, (byte) sense.ascq());
        putSpecific(into, 15, sense.specific());
        return out;
    }

    static byte[] descriptor(Sense sense) {
        ByteBuffer into = ByteBuffer.allocate(MAX_LENGTH);
        into.put((byte) (sense.deferred() ? 0x73 : 0x72));
        into.put((byte) sense.key().ordinal());
        into.put((byte) sense.asc());
        into.put((byte) sense.ascq());
        into.position(8);
        Long information = sense.information();
        if (information != null) {
            into.put((byte) 0x00).put((byte) 0x0a).put((byte) 0x80).put((byte) 0);
            into.putLong(information);
        }
        Long commandSpecific = sense.commandSpecific();
        if (commandSpecific != null) {
            into.put((byte) 0x01).put((byte) 0x0a).putShort((short) 0).putLong(commandSpecific);
        }
        if (sense.specific() != null) {
            into.put((byte) 0x02).put((byte) 0x06).putShort((short) 0);
            putSpecific(into, into.position(), sense.specific());
            into.position(into.position() + 4);
        }
        Forwarded forwarded = sense.forwarded();
        if (forwarded != null) {
            byte[] inner = forwarded.sense().encode(true);
            if (inner.length <= into.remaining() - 4) {
                into.put((byte) 0x0c).put((byte) (inner.length + 2));
                into.put((byte) (forwarded.source() ? 1 : 2));
                into.put((byte) forwarded.status().code());
                into.put(inner);
            }
        }
        byte[] out = Arrays.copyOf(into.array(), into.position());
        out[7] = (byte) (out.length - 8);
        return out;
    }

    private static void putSpecific(ByteBuffer into, int at, @Nullable Specific specific) {
        switch (specific) {
            case null -> {}
            case FieldPointer f -> {
                into.put(at, (byte) (0x80 | (f.inCdb() ? 0x40 : 0) | bit(f.bit())));
                into.putShort(at + 1, (short) f.offset());
            }
            case Progress p -> {
                into.put(at, (byte) 0x80);
                into.putShort(at + 1, (short) p.of65536());
            }
            case SegmentPointer s -> {
                into.put(at, (byte) (0x80 | (s.inSegment() ? 0x20 : 0) | bit(s.bit())));
                into.putShort(at + 1, (short) s.offset());
            }
        }
    }

    private static int bit(int bit) {
        return bit < 0 ? 0 : 0x08 | (bit & 7);
    }

    static @Nullable Sense parse(byte[] data) {
        if (data.length < 4) {
            return null;
        }
        return switch (data[0] & 0x7f) {
            case 0x70, 0x71 -> parseFixed(data);
            case 0x72, 0x73 -> parseDescriptor(data);
            default -> null;
        };
    }

    private static Sense parseFixed(byte[] data) {
        ByteBuffer in = ByteBuffer.wrap(Arrays.copyOf(data, Math.max(data.length, 18)));
        SenseKey key = SenseKey.of(in.get(2));
        Sense sense = Sense.of(key, in.get(12) & 0xff, in.get(13) & 0xff);
        if ((data[0] & 0x80) != 0) {
            sense = sense.withInformation(in.getInt(3) & 0xffffffffL);
        }
        int source = in.get(8) & 0xff;
        int destination = in.get(9) & 0xff;
        int at = Math.max(source, destination);
        if (key == SenseKey.COPY_ABORTED && at >= Sense.FIXED_LENGTH && at < data.length) {
            sense = withForwarded(sense, source == at, data[at], data, at + 1, data.length);
        } else if (in.getInt(8) != 0) {
            sense = sense.withCommandSpecific(in.getInt(8) & 0xffffffffL);
        }
        Specific specific = specific(key, in, 15);
        sense = specific == null ? sense : sense.with(specific);
        return (data[0] & 1) == 0 ? sense : deferred(sense);
    }

    private static Sense parseDescriptor(byte[] data) {
        SenseKey key = SenseKey.of(data[1]);
        Sense sense = Sense.of(key, data[2] & 0xff, data[3] & 0xff);
        ByteBuffer in = ByteBuffer.wrap(data);
        int end = data.length < 8 ? 0 : Math.min(data.length, 8 + (data[7] & 0xff));
        for (int at = 8; at + 2 <= end; at += 2 + (data[at + 1] & 0xff)) {
            int length = 2 + (data[at + 1] & 0xff);
            if (at + length > end) {
                break;
            }
            int type = data[at] & 0xff;
            if (type == 0x00 && length == 12 && (data[at + 2] & 0x80) != 0) {
                sense = sense.withInformation(in.getLong(at + 4));
            } else if (type == 0x01 && length == 12) {
                sense = sense.withCommandSpecific(in.getLong(at + 4));
            } else if (type == 0x02 && length == 8) {
                Specific specific = specific(key, in, at + 4);
                sense = specific == null ? sense : sense.with(specific);
            } else if (type == 0x0c && length >= 4) {
                boolean source = (data[at + 2] & 0x0f) == 1;
                sense = withForwarded(sense, source, data[at + 3], data, at + 4, at + length);
            }
        }
        return (data[0] & 1) == 0 ? sense : deferred(sense);
    }

    private static Sense withForwarded(
            Sense sense, boolean source, byte status, byte[] data, int from, int to) {
        Sense inner = parse(Arrays.copyOfRange(data, from, to));
        return inner == null
                ? sense
                : sense.withForwarded(new Forwarded(source, statusOf(status), inner));
    }

    private static Status statusOf(byte code) {
        for (Status status : Status.values()) {
            if (status.code() == (code & 0xff)) {
                return status;
            }
        }
        return Status.CHECK_CONDITION; // of no standard that is known: sense data says more
    }

    private static @Nullable Specific specific(SenseKey key, ByteBuffer in, int at) {
        int first = in.get(at) & 0xff;
        if ((first & 0x80) == 0) {
            return null;
        }
        int value = in.getShort(at + 1) & 0xffff;
        int bit = (first & 0x08) == 0 ? -1 : first & 7;
        return switch (key) {
            case ILLEGAL_REQUEST -> new FieldPointer((first & 0x40) != 0, bit, value);
            case NO_SENSE, NOT_READY -> new Progress(value);
            case COPY_ABORTED -> new SegmentPointer((first & 0x20) != 0, bit, value);
            default -> null;
        };
    }

    private static Sense deferred(Sense s) {
        return new Sense(
                s.key(),
                s.asc(),
                s.ascq(),
                s.information(),
                s.commandSpecific(),
                s.specific(),
                s.forwarded(),
                true);
    }
}
