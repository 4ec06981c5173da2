package io.tidegate.audit;

import java.util.Optional;

/**
 * What a walk over the whole chain found.
 *
 * @param records how many were read
 * @param headHash hash of the last good record; worth keeping elsewhere, since whoever can rewrite
 *     the whole catalog can also make a new chain
 * @param firstBad sequence of the first record that is changed, missing or out of place
 * @param problem what is wrong there, empty when nothing is
 */
public record AuditVerdict(
        long records, String headHash, Optional<Long> firstBad, Optional<String> problem) {

    public boolean intact() {
        return problem.isEmpty();
    }
}
