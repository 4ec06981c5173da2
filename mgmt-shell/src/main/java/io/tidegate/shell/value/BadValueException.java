package io.tidegate.shell.value;

/** What was typed is no such value; the message says what is allowed instead. */
public final class BadValueException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    public BadValueException(String message) {
        super(message);
    }
}
