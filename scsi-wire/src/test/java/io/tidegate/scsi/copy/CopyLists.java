package io.tidegate.scsi.copy;

import io.tidegate.scsi.Designator;
import io.tidegate.scsi.Designator.Association;
import io.tidegate.scsi.copy.ExtendedCopyList.Format;
import io.tidegate.scsi.copy.ExtendedCopyList.ListIdUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random lists that are well-formed. */
final class CopyLists {

    private CopyLists() {}

    static ExtendedCopyList random(Random random, Format format, CopyLimits limits) {
        ListIdUsage usage =
                List.of(ListIdUsage.HOLD, ListIdUsage.DISCARD, ListIdUsage.NONE)
                        .get(random.nextInt(3));
        List<CscdDescriptor> targets = new ArrayList<>();
        for (int i = random.nextInt(limits.maxTargets() + 1); i > 0; i--) {
            targets.add(target(random));
        }
        List<SegmentDescriptor> segments = new ArrayList<>();
        for (int i = random.nextInt(limits.maxSegments() + 1); i > 0; i--) {
            segments.add(segment(random));
        }
        boolean isLong = format == Format.LID4;
        long listId = isLong ? random.nextInt() & 0xffff_ffffL : random.nextInt(256);
        return new ExtendedCopyList(
                format,
                usage == ListIdUsage.NONE ? 0 : listId,
                random.nextBoolean(),
                usage,
                random.nextInt(8),
                isLong && usage != ListIdUsage.NONE && random.nextBoolean(),
                isLong && random.nextBoolean(),
                targets,
                segments);
    }

    private static SegmentDescriptor segment(Random random) {
        boolean flag = random.nextBoolean();
        int source = random.nextInt(65536);
        int destination = random.nextInt(65536);
        long from = random.nextLong();
        long to = random.nextLong();
        return switch (random.nextInt(4)) {
            case 0 -> new SegmentDescriptor.Verify(flag, source);
            case 1 -> new SegmentDescriptor.RegisterKey(destination, from, to);
            case 2 ->
                    new SegmentDescriptor.OffsetToOffset(
                            flag,
                            source,
                            destination,
                            random.nextInt() & 0xffff_ffffL,
                            from,
                            to,
                            random.nextInt(65536),
                            random.nextInt(65536));
            default ->
                    new SegmentDescriptor.BlockToBlock(
                            random.nextBoolean(),
                            flag,
                            source,
                            destination,
                            random.nextInt(65536),
                            from,
                            to);
        };
    }

    static CscdDescriptor target(Random random) {
        byte[] value = new byte[1 + random.nextInt(CscdDescriptor.MAX_DESIGNATOR)];
        random.nextBytes(value);
        Designator designator =
                new Designator(
                        Association.values()[random.nextInt(4)],
                        random.nextInt(16),
                        random.nextInt(16),
                        value);
        return new CscdDescriptor(
                0,
                random.nextBoolean(),
                random.nextInt(32),
                random.nextInt(65536),
                designator,
                random.nextBoolean(),
                random.nextBoolean(),
                random.nextInt(1 << 24));
    }
}
