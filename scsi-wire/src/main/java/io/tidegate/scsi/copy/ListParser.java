package io.tidegate.scsi.copy;

import io.tidegate.scsi.Sense;
import io.tidegate.scsi.copy.ExtendedCopyList.Format;
import io.tidegate.scsi.copy.ExtendedCopyList.ListIdUsage;
import io.tidegate.scsi.copy.ExtendedCopyList.Parsed;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads one EXTENDED COPY parameter list. The order of the checks is part of the behaviour: the
 * format, then lengths, counts, types and fields, so that each mistake has one answer.
 */
final class ListParser {

    private final ByteBuffer list;
    private final Format format;
    private final CopyLimits limits;
    private final List<CscdDescriptor> targets = new ArrayList<>();
    private final List<SegmentDescriptor> segments = new ArrayList<>();

    ListParser(ByteBuffer data, Format format, CopyLimits limits) {
        this.list = data.slice(); // big-endian, position 0
        this.format = format;
        this.limits = limits;
    }

    Parsed parse() {
        if (list.capacity() < format.headerBytes()) {
            return new Parsed.Refused(Sense.parameterListLength());
        }
        Sense wrong =
                switch (format) {
                    case LID1 ->
                            descriptors(
                                    list.getShort(2) & 0xffff,
                                    list.getInt(8) & 0xffff_ffffL,
                                    list.getInt(12) & 0xffff_ffffL);
                    case LID4 -> lid4();
                };
        long listId = format == Format.LID1 ? list.get(0) & 0xff : list.getInt(20) & 0xffff_ffffL;
        boolean immediate = format == Format.LID4 && (list.get(15) & 1) != 0;
        ListIdUsage usage = ListIdUsage.values()[list.get(1) >>> 3 & 3];
        if (wrong == null) {
            wrong = header(usage, listId, immediate);
        }
        if (wrong != null) {
            return new Parsed.Refused(wrong);
        }
        return new Parsed.Whole(
                new ExtendedCopyList(
                        format,
                        listId,
                        (list.get(1) & 0x20) != 0,
                        usage,
                        list.get(1) & 7,
                        immediate,
                        format == Format.LID4 && (list.get(15) & 2) != 0,
                        targets,
                        segments));
    }

    /** The fields that say that it is a list of this format, then the rest. */
    private @Nullable Sense lid4() {
        if (list.get(0) != ExtendedCopyList.LID4_FORMAT) {
            return Sense.invalidFieldInParameterList(0, 7);
        }
        if (list.getShort(2) != ExtendedCopyList.LID4_HEADER_TARGETS) {
            return Sense.invalidFieldInParameterList(2, 7);
        }
        if ((list.get(16) & 0xff) != ExtendedCopyList.LID4_HEADER_TYPE) {
            return Sense.invalidFieldInParameterList(16, 7);
        }
        return descriptors(
                list.getShort(42) & 0xffff, list.getShort(44) & 0xffff, list.getShort(46) & 0xffff);
    }

    private @Nullable Sense descriptors(int targetBytes, long segmentBytes, long inlineBytes) {
        Sense wrong = lengths(targetBytes, segmentBytes, inlineBytes);
        if (wrong == null) {
            wrong = targets(targetBytes);
        }
        return wrong == null
                ? segments(format.headerBytes() + targetBytes, (int) segmentBytes)
                : wrong;
    }

    private @Nullable Sense lengths(long targetBytes, long segmentBytes, long inlineBytes) {
        if (targetBytes + segmentBytes > limits.maxListBytes()
                || targetBytes % CscdDescriptor.LENGTH != 0) {
            return Sense.parameterListLength();
        }
        if (inlineBytes > 0) { // no segment that is implemented has a use for it
            return Sense.inlineDataTooLong();
        }
        return format.headerBytes() + targetBytes + segmentBytes > list.capacity()
                ? Sense.parameterListLength()
                : null;
    }

    private @Nullable Sense targets(int bytes) {
        if (bytes / CscdDescriptor.LENGTH > limits.maxTargets()) {
            return Sense.tooManyTargetDescriptors();
        }
        for (int i = 0; i < bytes / CscdDescriptor.LENGTH; i++) {
            int at = format.headerBytes() + i * CscdDescriptor.LENGTH;
            if ((list.get(at) & 0xff) != CscdDescriptor.TYPE) {
                return Sense.unsupportedTargetDescriptor();
            }
            Sense wrong = target(at);
            if (wrong != null) {
                return wrong;
            }
            targets.add(CscdDescriptor.parse(list, at));
        }
        return null;
    }

    private @Nullable Sense target(int at) {
        // LU ID TYPE is of no meaning for a unit that is named by a designator (SPC-4).
        int length = list.get(at + 7) & 0xff;
        return length == 0 || length > CscdDescriptor.MAX_DESIGNATOR
                ? Sense.invalidFieldInParameterList(at + 7, 7)
                : null;
    }

    private @Nullable Sense segments(int from, int bytes) {
        int end = from + bytes;
        for (int at = from; at < end; ) {
            if (end - at < 4) {
                return Sense.parameterListLength();
            }
            if (segments.size() == limits.maxSegments()) {
                return Sense.tooManySegmentDescriptors();
            }
            int length = SegmentDescriptor.lengthOf(list.get(at) & 0xff);
            if (length == 0) {
                return Sense.unsupportedSegmentDescriptor();
            }
            if ((list.getShort(at + 2) & 0xffff) != length - 4) {
                return Sense.invalidFieldInParameterList(at + 2, 7);
            }
            if (end - at < length) {
                return Sense.parameterListLength();
            }
            segments.add(SegmentDescriptor.parse(list, at));
            at += length;
        }
        return null;
    }

    private @Nullable Sense header(ListIdUsage usage, long listId, boolean immediate) {
        return switch (usage) {
            case HOLD, DISCARD -> null;
            case RESERVED -> Sense.invalidFieldInParameterList(1, 4);
            case NONE -> {
                if (listId != 0) {
                    yield Sense.invalidFieldInParameterList(format == Format.LID1 ? 0 : 20, 7);
                }
                // Nobody could ask for what goes on in the background, or abort it.
                yield immediate ? Sense.invalidFieldInParameterList(15, 0) : null;
            }
        };
    }
}
