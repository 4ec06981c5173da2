package io.tidegate.user;

import java.time.Duration;

/** What became of a log-in. */
public sealed interface LoginResult {

    /**
     * Let in.
     *
     * @param credential {@code password}, or the fingerprint of the key, for requests
     */
    record Admitted(User user, String credential) implements LoginResult {}

    /** Not let in; whoever tries is told nothing more than that. */
    record Refused() implements LoginResult {}

    /** Not even looked at: tried too often. */
    record Slowed(Duration delay) implements LoginResult {}
}
