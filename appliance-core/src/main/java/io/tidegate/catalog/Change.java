package io.tidegate.catalog;

/**
 * Changes rows inside one transaction. Runs on the catalog's writer thread, so it must not wait for
 * anything but the catalog: no device, no lock that is held while the catalog is called.
 *
 * @param <T> what it results in
 * @param <X> what it may throw, which rolls everything back; inferred from the lambda
 */
@FunctionalInterface
public interface Change<T, X extends Exception> {

    T run(Tx tx) throws X;
}
