package io.tidegate.block;

/** A device that can give space back. */
public interface Discardable {

    /**
     * Makes a range read as zeroes and gives back what space it can. Parts of an allocation unit
     * are written as zeroes. Ordered against writes as a write is, and durable as a write is.
     */
    void discard(long offset, long length) throws DeviceException;
}
