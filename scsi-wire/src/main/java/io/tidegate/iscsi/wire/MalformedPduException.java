package io.tidegate.iscsi.wire;

/** The peer sent bytes that are no PDU, or a PDU beyond what was agreed. */
public final class MalformedPduException extends Exception {
    private static final long serialVersionUID = 1L;

    public MalformedPduException(String message) {
        super(message);
    }
}
