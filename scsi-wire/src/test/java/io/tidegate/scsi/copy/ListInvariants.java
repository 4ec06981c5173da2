package io.tidegate.scsi.copy;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.scsi.SenseKey;
import io.tidegate.scsi.copy.ExtendedCopyList.Format;
import io.tidegate.scsi.copy.ExtendedCopyList.Parsed;
import java.nio.ByteBuffer;

/** What holds of every parameter list, whatever its bytes are. */
final class ListInvariants {

    private ListInvariants() {}

    static void check(byte[] data, Format format, CopyLimits limits) {
        switch (ExtendedCopyList.parse(ByteBuffer.wrap(data), format, limits)) {
            case Parsed.Refused refused ->
                    assertThat(refused.sense().key()).isEqualTo(SenseKey.ILLEGAL_REQUEST);
            case Parsed.Whole whole -> {
                ExtendedCopyList list = whole.list();
                assertThat(list.targets().size()).isLessThanOrEqualTo(limits.maxTargets());
                assertThat(list.segments().size()).isLessThanOrEqualTo(limits.maxSegments());
                byte[] again = list.encode();
                assertThat(again.length).isLessThanOrEqualTo(data.length);
                assertThat(ExtendedCopyList.parse(ByteBuffer.wrap(again), format, limits))
                        .isEqualTo(whole);
            }
        }
    }
}
