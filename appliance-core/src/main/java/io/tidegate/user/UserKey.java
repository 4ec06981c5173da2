package io.tidegate.user;

import java.time.Instant;

/** A public key of a user. */
public record UserKey(
        String user, String fingerprint, String type, String comment, Instant addedAt) {}
