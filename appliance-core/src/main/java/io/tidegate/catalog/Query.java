package io.tidegate.catalog;

import org.jdbi.v3.core.Handle;

/**
 * Reads rows; sees one state of the catalog from beginning to end.
 *
 * @param <T> what it finds
 * @param <X> what it may throw besides; inferred from the lambda
 */
@FunctionalInterface
public interface Query<T, X extends Exception> {

    T run(Handle handle) throws X;
}
