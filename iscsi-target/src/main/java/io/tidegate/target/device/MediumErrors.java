package io.tidegate.target.device;

import io.tidegate.block.DeviceException;
import java.util.concurrent.atomic.LongAdder;

/** What went wrong on the medium of a unit, and what was verified; off the path of good I/O. */
final class MediumErrors {

    private final LongAdder reads = new LongAdder();
    private final LongAdder writes = new LongAdder();
    private final LongAdder verifies = new LongAdder();
    private final LongAdder verifiedBytes = new LongAdder();

    void failed(DeviceException.Kind kind, boolean verifying) {
        switch (kind) {
            case READ -> (verifying ? verifies : reads).increment();
            case WRITE, SYNC -> writes.increment();
            case NO_SPACE, WRITE_PROTECTED, GONE, BUSY -> {} // nothing is wrong with the medium
        }
    }

    void verified(long bytes) {
        verifiedBytes.add(bytes);
    }

    long reads() {
        return reads.sum();
    }

    long writes() {
        return writes.sum();
    }

    long verifies() {
        return verifies.sum();
    }

    long verifiedBytes() {
        return verifiedBytes.sum();
    }
}
