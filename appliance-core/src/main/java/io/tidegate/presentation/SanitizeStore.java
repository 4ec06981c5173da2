package io.tidegate.presentation;

import java.io.IOException;
import java.util.Optional;

/**
 * Keeps which units are being sanitized, or failed to be: a sanitize goes on after a restart, and
 * until it is over no host reaches the medium (SBC-4, 4.11). Calls block.
 */
public interface SanitizeStore {

    /**
     * A sanitize that is not over.
     *
     * @param overwrite blocks are written over, else they are given back
     * @param passes how often the pattern is written; 1 when blocks are given back
     * @param pattern what is written, in hexadecimal digits; empty when blocks are given back
     * @param invert each pass after the first writes the complement of what the one before wrote
     * @param unrestrictedExit AUSE: a host may leave the failed state without sanitizing again
     * @param generation of the unit when it began: it must never go on with what is behind the unit
     *     in a later one
     * @param sizeBytes of the unit when it began
     * @param doneBytes over all passes, what need not be done again
     * @param failed it ended without success
     */
    record Unfinished(
            boolean overwrite,
            int passes,
            String pattern,
            boolean invert,
            boolean unrestrictedExit,
            long generation,
            long sizeBytes,
            long doneBytes,
            boolean failed) {

        public Unfinished withDone(long bytes) {
            return with(bytes, false);
        }

        public Unfinished withFailure() {
            return with(doneBytes, true);
        }

        private Unfinished with(long bytes, boolean hasFailed) {
            return new Unfinished(
                    overwrite,
                    passes,
                    pattern,
                    invert,
                    unrestrictedExit,
                    generation,
                    sizeBytes,
                    bytes,
                    hasFailed);
        }
    }

    /** What was last saved for the unit. */
    Optional<Unfinished> load(LogicalUnitId unit);

    /**
     * Returns when it is durable; an empty value says that the sanitize is over.
     *
     * @throws IOException when it could not be kept: then nothing changed
     */
    void save(LogicalUnitId unit, Optional<Unfinished> sanitize) throws IOException;
}
