package io.tidegate.iscsi.wire;

/** The peer broke the rules of negotiation; the login ends with {@link #status}. */
public final class NegotiationException extends Exception {
    private static final long serialVersionUID = 1L;

    private final LoginStatus status;

    public NegotiationException(LoginStatus status, String message) {
        super(message);
        this.status = status;
    }

    public LoginStatus status() {
        return status;
    }
}
