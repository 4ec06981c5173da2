package io.tidegate.user;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * An administrator; no secret is in it.
 *
 * @param mustChange whether the password has to be changed before anything else
 * @param hasPassword whether a password lets them in, or public keys only
 */
public record User(
        String name,
        Set<Role> roles,
        boolean locked,
        boolean mustChange,
        boolean hasPassword,
        Instant createdAt,
        Optional<Instant> lastLogin) {

    /** Whether the user may do what {@code needed} may do. */
    public boolean may(Role needed) {
        return !locked && Role.allows(roles, needed);
    }
}
