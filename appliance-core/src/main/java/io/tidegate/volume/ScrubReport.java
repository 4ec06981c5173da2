package io.tidegate.volume;

import java.util.List;

/**
 * What a scrub of a store found.
 *
 * @param complete whether it reached the end
 * @param metadataPages metadata pages that were read and compared with their checksums
 * @param goodBytes data whose checksum was right
 * @param uncheckedBytes data that no checksum vouches for: neither good nor bad
 * @param problems damage, each with its place; empty when there is none
 */
public record ScrubReport(
        boolean complete,
        long metadataPages,
        long goodBytes,
        long uncheckedBytes,
        List<String> problems) {

    public ScrubReport {
        problems = List.copyOf(problems);
    }
}
