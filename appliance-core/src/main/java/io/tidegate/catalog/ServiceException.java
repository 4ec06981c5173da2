package io.tidegate.catalog;

import java.util.List;

/**
 * A service of the core did not do what it was asked, for a reason that a person can understand and
 * act on: what happened, why, and what to do. Unless the message says otherwise, nothing has
 * changed.
 */
public final class ServiceException extends Exception {

    /** What kind of failure it is; shells and programs act on it. */
    public enum Code {
        /** The arguments make no sense, alone or together. */
        INVALID,
        /** No such object. */
        NOT_FOUND,
        /** The object exists already, or its state does not allow the act. */
        CONFLICT,
        /** The object is in use, or work under way did not end in time. */
        BUSY,
        /** The act destroys something and was not confirmed. */
        CONFIRMATION_NEEDED,
        /** Role, lock or password do not allow it. */
        DENIED,
        /** A part was done; the message says which. */
        PARTLY_DONE,
        /** Waited long enough; what was begun may go on. */
        TIMEOUT,
        /** No space or no more room in a limit. */
        NO_SPACE,
        /** A device, store or array failed. */
        DEVICE,
        /** Anything else that failed. */
        FAILED
    }

    private static final long serialVersionUID = 1L;

    private final Code code;
    private final String why;
    private final List<String> fixes;

    /**
     * @param message what did not happen, one sentence without a full stop
     * @param why the reason, as facts: who holds it, since when
     * @param fixes what to do, as commands where there is one; never empty
     */
    public ServiceException(Code code, String message, String why, List<String> fixes) {
        super(message);
        if (fixes.isEmpty()) {
            throw new IllegalArgumentException("a failure without a way out: " + message);
        }
        this.code = code;
        this.why = why;
        this.fixes = List.copyOf(fixes);
    }

    public ServiceException(
            Code code, String message, String why, List<String> fixes, Throwable cause) {
        this(code, message, why, fixes);
        initCause(cause);
    }

    public static ServiceException invalid(String message, String why, String... fixes) {
        return new ServiceException(Code.INVALID, message, why, List.of(fixes));
    }

    /** No {@code noun} of that name: offers its list. */
    public static ServiceException notFound(String noun, String name) {
        return new ServiceException(
                Code.NOT_FOUND,
                "there is no " + noun + " " + name,
                "no " + noun + " has this name",
                List.of(noun + " list"));
    }

    public static ServiceException conflict(String message, String why, String... fixes) {
        return new ServiceException(Code.CONFLICT, message, why, List.of(fixes));
    }

    public static ServiceException busy(String message, String why, String... fixes) {
        return new ServiceException(Code.BUSY, message, why, List.of(fixes));
    }

    public static ServiceException denied(String message, String why, String... fixes) {
        return new ServiceException(Code.DENIED, message, why, List.of(fixes));
    }

    public Code code() {
        return code;
    }

    public String why() {
        return why;
    }

    public List<String> fixes() {
        return fixes;
    }
}
