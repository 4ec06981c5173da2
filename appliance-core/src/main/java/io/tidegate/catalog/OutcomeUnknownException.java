package io.tidegate.catalog;

/**
 * A commit failed, and reading back could not tell whether it took place: the change may or may not
 * be there. Whoever acts on the change outside the catalog must treat both as possible.
 */
public final class OutcomeUnknownException extends CatalogException {

    private static final long serialVersionUID = 1L;

    public OutcomeUnknownException(String message, Throwable cause) {
        super(message, cause);
    }
}
