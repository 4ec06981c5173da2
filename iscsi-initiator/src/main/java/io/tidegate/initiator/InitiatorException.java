package io.tidegate.initiator;

import io.tidegate.iscsi.wire.LoginStatus;
import org.jspecify.annotations.Nullable;

/** A session could not be made, or ended, or could not carry a command to its end. */
public final class InitiatorException extends Exception {

    /** What went wrong, as far as a caller can act on it. */
    public enum Reason {
        /** No connection to the portal. */
        CONNECT,
        /** The target refused the login, or did not prove who it is; see {@link #loginStatus}. */
        LOGIN,
        /** The connection was lost or dropped; what was under way may have been done or not. */
        LOST,
        /** A command was not answered in time and was aborted; it may have been done in part. */
        TIMEOUT,
        /** The peer broke the protocol; the connection is closed. */
        PROTOCOL,
        /** The target refused a PDU, or reported that it failed to do the command. */
        REJECTED,
        /** The session was closed on this side. */
        CLOSED
    }

    private static final long serialVersionUID = 1L;

    private final Reason reason;
    private final @Nullable LoginStatus loginStatus;

    InitiatorException(Reason reason, String message) {
        this(reason, message, null, null);
    }

    InitiatorException(Reason reason, String message, @Nullable Throwable cause) {
        this(reason, message, null, cause);
    }

    InitiatorException(
            Reason reason,
            String message,
            @Nullable LoginStatus loginStatus,
            @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
        this.loginStatus = loginStatus;
    }

    public Reason reason() {
        return reason;
    }

    /** The target's answer, when it refused a login; else null. */
    public @Nullable LoginStatus loginStatus() {
        return loginStatus;
    }
}
