package io.tidegate.scsi.copy;

import io.tidegate.scsi.copy.CopyCdb.Action;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The third-party copy VPD page, 8Fh (SPC-4, 7.8.17): a list of descriptors, each of a type, a
 * length and a body that is padded to four bytes. What this appliance sends says exactly what is
 * implemented; pages of others are read leniently, with descriptors of unknown types kept.
 */
public record ThirdPartyCopyPage(List<Descriptor> descriptors) {

    public static final int PAGE_CODE = 0x8f;

    /** Codes of the segment and CSCD descriptors that are implemented, ascending. */
    public static final List<Integer> DESCRIPTOR_CODES =
            Stream.concat(SegmentDescriptor.TYPES.stream(), Stream.of(CscdDescriptor.TYPE))
                    .sorted()
                    .toList();

    private static final int HEADER = 4;

    /** One descriptor of the page. */
    public sealed interface Descriptor {

        int type();

        /** The body without type, length and padding. */
        byte[] body();

        /**
         * Commands and their service actions (0001h).
         *
         * @param actions by opcode
         */
        record Commands(Map<Integer, List<Integer>> actions) implements Descriptor {
            static final int TYPE = 0x0001;

            public Commands {
                actions = Collections.unmodifiableMap(new TreeMap<>(actions));
            }

            @Override
            public int type() {
                return TYPE;
            }

            @Override
            public byte[] body() {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                out.write(0);
                actions.forEach(
                        (opcode, codes) -> {
                            out.write(opcode);
                            out.write(codes.size());
                            codes.forEach(out::write);
                        });
                byte[] body = out.toByteArray();
                body[0] = (byte) (body.length - 1);
                return body;
            }

            static @Nullable Descriptor parse(byte[] body) {
                int end = body.length == 0 ? 0 : 1 + (body[0] & 0xff);
                Map<Integer, List<Integer>> actions = new TreeMap<>();
                int at = 1;
                while (at + 2 <= end && end <= body.length) {
                    int count = body[at + 1] & 0xff;
                    if (at + 2 + count > end) {
                        return null;
                    }
                    actions.put(body[at] & 0xff, unsigned(body, at + 2, count));
                    at += 2 + count;
                }
                return at == end ? new Commands(actions) : null;
            }
        }

        /** The limits of a parameter list (0004h). */
        record Limits(int maxTargets, int maxSegments, long maxListBytes, long inlineBytes)
                implements Descriptor {
            static final int TYPE = 0x0004;
            private static final int LENGTH = 28;

            @Override
            public int type() {
                return TYPE;
            }

            @Override
            public byte[] body() {
                return ByteBuffer.allocate(LENGTH)
                        .putShort(4, (short) maxTargets)
                        .putShort(6, (short) maxSegments)
                        .putInt(8, (int) maxListBytes)
                        .putInt(12, (int) inlineBytes)
                        .array();
            }

            static @Nullable Descriptor parse(byte[] body) {
                ByteBuffer in = ByteBuffer.wrap(body);
                return body.length < LENGTH
                        ? null
                        : new Limits(
                                in.getShort(4) & 0xffff,
                                in.getShort(6) & 0xffff,
                                in.getInt(8) & 0xffff_ffffL,
                                in.getInt(12) & 0xffff_ffffL);
            }
        }

        /** Codes of segment and CSCD descriptors (0008h). */
        record DescriptorCodes(List<Integer> codes) implements Descriptor {
            static final int TYPE = 0x0008;

            public DescriptorCodes {
                codes = List.copyOf(codes);
            }

            @Override
            public int type() {
                return TYPE;
            }

            @Override
            public byte[] body() {
                byte[] body = new byte[1 + codes.size()];
                body[0] = (byte) codes.size();
                for (int i = 0; i < codes.size(); i++) {
                    body[1 + i] = codes.get(i).byteValue();
                }
                return body;
            }

            static @Nullable Descriptor parse(byte[] body) {
                return body.length == 0 || (body[0] & 0xff) > body.length - 1
                        ? null
                        : new DescriptorCodes(unsigned(body, 1, body[0] & 0xff));
            }
        }

        /** CSCD descriptor ids that are no index into the list (000Ch). */
        record TargetIds(List<Integer> ids) implements Descriptor {
            static final int TYPE = 0x000c;

            public TargetIds {
                ids = List.copyOf(ids);
            }

            @Override
            public int type() {
                return TYPE;
            }

            @Override
            public byte[] body() {
                ByteBuffer body = ByteBuffer.allocate(2 + 2 * ids.size());
                body.putShort((short) (2 * ids.size()));
                ids.forEach(id -> body.putShort(id.shortValue()));
                return body.array();
            }

            static @Nullable Descriptor parse(byte[] body) {
                ByteBuffer in = ByteBuffer.wrap(body);
                int bytes = body.length < 2 ? -1 : in.getShort() & 0xffff;
                if (bytes < 0 || bytes > in.remaining() || bytes % 2 != 0) {
                    return null;
                }
                List<Integer> ids = new ArrayList<>();
                for (int i = 0; i < bytes / 2; i++) {
                    ids.add(in.getShort() & 0xffff);
                }
                return new TargetIds(ids);
            }
        }

        /** General copy operations (8001h). */
        record General(
                long totalCopies,
                long identifiedCopies,
                long maxSegmentBytes,
                int dataGranularityLog2,
                int inlineGranularityLog2)
                implements Descriptor {
            static final int TYPE = 0x8001;
            private static final int LENGTH = 32;

            @Override
            public int type() {
                return TYPE;
            }

            @Override
            public byte[] body() {
                return ByteBuffer.allocate(LENGTH)
                        .putInt(0, (int) totalCopies)
                        .putInt(4, (int) identifiedCopies)
                        .putInt(8, (int) maxSegmentBytes)
                        .put(12, (byte) dataGranularityLog2)
                        .put(13, (byte) inlineGranularityLog2)
                        .array();
            }

            static @Nullable Descriptor parse(byte[] body) {
                ByteBuffer in = ByteBuffer.wrap(body);
                return body.length < 14
                        ? null
                        : new General(
                                in.getInt(0) & 0xffff_ffffL,
                                in.getInt(4) & 0xffff_ffffL,
                                in.getInt(8) & 0xffff_ffffL,
                                in.get(12) & 0xff,
                                in.get(13) & 0xff);
            }
        }

        /** A descriptor of a type that is not known here, padding included. */
        record Other(int type, byte[] body) implements Descriptor {
            @Override
            public boolean equals(Object other) {
                return other instanceof Other o && type == o.type && Arrays.equals(body, o.body);
            }

            @Override
            public int hashCode() {
                return Arrays.hashCode(body) * 31 + type;
            }
        }

        private static List<Integer> unsigned(byte[] from, int at, int count) {
            List<Integer> out = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                out.add(from[at + i] & 0xff);
            }
            return out;
        }
    }

    public ThirdPartyCopyPage {
        descriptors = List.copyOf(descriptors);
    }

    /** What is implemented here, within these limits. */
    public static ThirdPartyCopyPage of(CopyLimits limits) {
        Map<Integer, List<Integer>> actions = new TreeMap<>();
        for (Action action : Action.values()) {
            actions.computeIfAbsent(action.opcode(), o -> new ArrayList<>()).add(action.code());
        }
        return new ThirdPartyCopyPage(
                List.of(
                        new Descriptor.Commands(actions),
                        new Descriptor.Limits(
                                limits.maxTargets(),
                                limits.maxSegments(),
                                limits.maxListBytes(),
                                0),
                        new Descriptor.DescriptorCodes(DESCRIPTOR_CODES),
                        new Descriptor.TargetIds(List.of(SegmentDescriptor.RECEIVING_UNIT)),
                        new Descriptor.General(
                                limits.maxConcurrent(),
                                limits.maxConcurrent(),
                                limits.maxSegmentBytes(),
                                limits.granularityLog2(),
                                0)));
    }

    /** The first descriptor of a kind. */
    public <T extends Descriptor> Optional<T> find(Class<T> kind) {
        return descriptors.stream().filter(kind::isInstance).map(kind::cast).findFirst();
    }

    /** The page with its header, of a direct access block device. */
    public byte[] encode() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[HEADER]);
        for (Descriptor descriptor : descriptors) {
            byte[] body = descriptor.body();
            int padded = (body.length + 3) & ~3;
            out.writeBytes(
                    ByteBuffer.allocate(HEADER + padded)
                            .putShort(0, (short) descriptor.type())
                            .putShort(2, (short) padded)
                            .put(4, body)
                            .array());
        }
        byte[] page = out.toByteArray();
        page[1] = (byte) PAGE_CODE;
        ByteBuffer.wrap(page).putShort(2, (short) (page.length - HEADER));
        return page;
    }

    /** Reads a page; null when it is no such page, cut short, or a descriptor is malformed. */
    public static @Nullable ThirdPartyCopyPage parse(byte[] page) {
        ByteBuffer in = ByteBuffer.wrap(page);
        if (page.length < HEADER
                || (page[1] & 0xff) != PAGE_CODE
                || (in.getShort(2) & 0xffff) > page.length - HEADER) {
            return null;
        }
        int end = HEADER + (in.getShort(2) & 0xffff);
        List<Descriptor> descriptors = new ArrayList<>();
        int at = HEADER;
        while (at + 4 <= end) {
            int length = in.getShort(at + 2) & 0xffff;
            if (length > end - at - 4) {
                return null;
            }
            Descriptor descriptor =
                    descriptor(
                            in.getShort(at) & 0xffff,
                            Arrays.copyOfRange(page, at + 4, at + 4 + length));
            if (descriptor == null) {
                return null;
            }
            descriptors.add(descriptor);
            at += 4 + length;
        }
        return at == end ? new ThirdPartyCopyPage(descriptors) : null;
    }

    private static @Nullable Descriptor descriptor(int type, byte[] body) {
        return switch (type) {
            case Descriptor.Commands.TYPE -> Descriptor.Commands.parse(body);
            case Descriptor.Limits.TYPE -> Descriptor.Limits.parse(body);
            case Descriptor.DescriptorCodes.TYPE -> Descriptor.DescriptorCodes.parse(body);
            case Descriptor.TargetIds.TYPE -> Descriptor.TargetIds.parse(body);
            case Descriptor.General.TYPE -> Descriptor.General.parse(body);
            default -> new Descriptor.Other(type, body);
        };
    }
}
