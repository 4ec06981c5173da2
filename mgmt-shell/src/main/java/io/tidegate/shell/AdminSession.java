package io.tidegate.shell;

import java.time.Instant;

/**
 * An administrator who is logged in.
 *
 * @param id unique while the appliance runs
 * @param peer address and port
 * @param credential {@code password} or the fingerprint of the key
 * @param lastInput when a key was last pressed or a command began
 */
public record AdminSession(
        long id, String user, String peer, String credential, Instant since, Instant lastInput) {}
