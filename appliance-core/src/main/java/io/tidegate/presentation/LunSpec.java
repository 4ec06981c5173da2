package io.tidegate.presentation;

import java.util.Optional;

/**
 * A mapping that is to be made.
 *
 * @param host its name
 * @param target its name; empty takes the first target
 * @param number 0 to 16383; empty takes the lowest that is free and does not rest
 */
public record LunSpec(
        String host, Optional<String> target, Optional<Integer> number, boolean readOnly) {

    /** Any number, on the first target. */
    public static LunSpec to(String host, boolean readOnly) {
        return new LunSpec(host, Optional.empty(), Optional.empty(), readOnly);
    }
}
