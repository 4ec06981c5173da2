package io.tidegate.block;

import java.util.List;

/** A device that knows which of its ranges hold data; all others read as zeroes. */
public interface ExtentMapped {

    /**
     * A run that is mapped throughout, or unmapped throughout.
     *
     * @param mapped whether it may hold anything but zeroes
     */
    record Run(long offset, long length, boolean mapped) {
        public long end() {
            return offset + length;
        }
    }

    /**
     * The runs of a range in order, without gaps, neighbours merged, from {@code offset} on.
     *
     * @param maxRuns at least 1; where more would be needed the answer ends early
     */
    List<Run> runs(long offset, long length, int maxRuns) throws DeviceException;
}
