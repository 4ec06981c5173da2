package io.tidegate.scsi.copy;

import io.tidegate.scsi.Sense;
import io.tidegate.scsi.copy.ExtendedCopyList.ListIdUsage;
import io.tidegate.scsi.copy.ExtendedCopyList.Parsed;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads one EXTENDED COPY (LID1) parameter list. The order of the checks is part of the behaviour:
 * lengths, then counts, then types, then fields, so that each mistake has one answer.
 */
final class ListParser {

    private final ByteBuffer list;
    private final CopyLimits limits;
    private final List<CscdDescriptor> targets = new ArrayList<>();
    private final List<SegmentDescriptor> segments = new ArrayList<>();

    ListParser(ByteBuffer data, CopyLimits limits) {
        this.list = data.slice(); // big-endian, position 0
        this.limits = limits;
    }

    Parsed parse() {
        if (list.capacity() < ExtendedCopyList.HEADER_LENGTH) {
            return new Parsed.Refused(Sense.parameterListLength());
        }
        int targetBytes = list.getShort(2) & 0xffff;
        long segmentBytes = list.getInt(8) & 0xffff_ffffL;
        Sense wrong = lengths(targetBytes, segmentBytes, list.getInt(12) & 0xffff_ffffL);
        if (wrong == null) {
            wrong = targets(targetBytes);
        }
        if (wrong == null) {
            wrong = segments(ExtendedCopyList.HEADER_LENGTH + targetBytes, (int) segmentBytes);
        }
        ListIdUsage usage = ListIdUsage.values()[list.get(1) >>> 3 & 3];
        if (wrong == null) {
            wrong = header(usage);
        }
        if (wrong != null) {
            return new Parsed.Refused(wrong);
        }
        return new Parsed.Whole(
                new ExtendedCopyList(
                        list.get(0) & 0xff,
                        (list.get(1) & 0x20) != 0,
                        usage,
                        list.get(1) & 7,
                        targets,
                        segments));
    }

    private @Nullable Sense lengths(long targetBytes, long segmentBytes, long inlineBytes) {
        if (targetBytes + segmentBytes > limits.maxListBytes()
                || targetBytes % CscdDescriptor.LENGTH != 0) {
            return Sense.parameterListLength();
        }
        if (inlineBytes > 0) { // no segment that is implemented has a use for it
            return Sense.inlineDataTooLong();
        }
        return ExtendedCopyList.HEADER_LENGTH + targetBytes + segmentBytes > list.capacity()
                ? Sense.parameterListLength()
                : null;
    }

    private @Nullable Sense targets(int bytes) {
        if (bytes / CscdDescriptor.LENGTH > limits.maxTargets()) {
            return Sense.tooManyTargetDescriptors();
        }
        for (int i = 0; i < bytes / CscdDescriptor.LENGTH; i++) {
            int at = ExtendedCopyList.targetOffset(i);
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

    private @Nullable Sense header(ListIdUsage usage) {
        return switch (usage) {
            case HOLD, DISCARD -> null;
            case RESERVED -> Sense.invalidFieldInParameterList(1, 4);
            case NONE -> list.get(0) == 0 ? null : Sense.invalidFieldInParameterList(0, 7);
        };
    }
}
