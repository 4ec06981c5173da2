package io.tidegate.volume;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * What a check of a store's structures found.
 *
 * @param counts what was looked at, by name in lowerCamel, in the order to show
 * @param problems each with its place; empty when there are none
 */
public record StoreCheck(SequencedMap<String, Long> counts, List<String> problems) {

    public StoreCheck {
        counts = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(counts));
        problems = List.copyOf(problems);
    }

    public boolean clean() {
        return problems.isEmpty();
    }
}
