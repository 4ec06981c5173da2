package io.tidegate.presentation;

import java.util.Optional;

/**
 * CHAP names and secrets of a host.
 *
 * @param user name that the initiator proves
 * @param secret its secret, 12 to 255 bytes
 * @param mutual name and secret by which the target proves itself, when the initiator asks
 */
public record ChapCredentials(String user, byte[] secret, Optional<Mutual> mutual) {

    /** What the target answers a challenge of the initiator with. */
    public record Mutual(String user, byte[] secret) {}

    /** Never shows a secret. */
    @Override
    public String toString() {
        return "CHAP " + user + mutual.map(m -> ", mutual " + m.user()).orElse("");
    }
}
