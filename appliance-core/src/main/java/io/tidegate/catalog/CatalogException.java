package io.tidegate.catalog;

/**
 * The catalog itself failed: its file cannot be read or written, or a statement is wrong. The
 * change it was thrown from has not happened.
 *
 * <p>Unchecked, since hardly a caller can do anything but end; the exception is {@link
 * OutcomeUnknownException}, which whoever moves pointers has to look at.
 */
public class CatalogException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public CatalogException(String message, Throwable cause) {
        super(message, cause);
    }

    public CatalogException(String message) {
        super(message);
    }
}
