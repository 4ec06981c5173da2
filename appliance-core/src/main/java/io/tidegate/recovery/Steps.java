package io.tidegate.recovery;

/**
 * Told before each step of a refresh, promotion or recovery that a crash may fall between. Does
 * nothing in the product; a test throws here, as if the process ended, or holds the thread.
 */
@FunctionalInterface
public interface Steps {

    Steps NONE = step -> {};

    /**
     * @param step such as {@code promote:switched}
     */
    void reached(String step);
}
