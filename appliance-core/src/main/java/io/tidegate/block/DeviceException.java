package io.tidegate.block;

/** A device could not do what was asked; names the device and the range. */
public class DeviceException extends Exception {

    /** What is wrong, as far as a caller can act on it. */
    public enum Kind {
        /** The bytes cannot be read: medium error on read. */
        READ,
        /** The bytes cannot be written: medium error on write. */
        WRITE,
        /** A sync failed: what was not yet durable may be lost, and writes are refused. */
        SYNC,
        /** No space for a write that needs some; reads and writes in place go on. */
        NO_SPACE,
        /** The device does not take writes. */
        WRITE_PROTECTED,
        /** The device is closed, deleted or not reachable. */
        GONE,
        /** The device would do it later: retry. */
        BUSY
    }

    private static final long serialVersionUID = 1L;

    private final Kind kind;
    private final String device;
    private final long offset;
    private final long length;

    public DeviceException(Kind kind, String device, long offset, long length, String message) {
        super(device + ", bytes " + offset + "+" + length + ": " + message);
        this.kind = kind;
        this.device = device;
        this.offset = offset;
        this.length = length;
    }

    public DeviceException(
            Kind kind, String device, long offset, long length, String message, Throwable cause) {
        this(kind, device, offset, length, message);
        initCause(cause);
    }

    public Kind kind() {
        return kind;
    }

    public String device() {
        return device;
    }

    /** Offset in bytes of the range that failed. */
    public long offset() {
        return offset;
    }

    /** Length in bytes of the range that failed; 0 when no range is concerned. */
    public long length() {
        return length;
    }
}
