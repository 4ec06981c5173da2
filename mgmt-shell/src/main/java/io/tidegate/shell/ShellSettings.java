package io.tidegate.shell;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How the shell server runs.
 *
 * @param listen port 0 picks a free one
 * @param hostKey file of the host key; made with mode 0600 when it is missing
 * @param idle an interactive shell without input ends after this, unless it watches a job
 * @param maxSessionsPerUser logged in at the same time
 * @param maxSessions of all users, those who are still logging in included
 */
public record ShellSettings(
        InetSocketAddress listen,
        Path hostKey,
        Duration idle,
        int maxSessionsPerUser,
        int maxSessions) {

    /** The usual limits. */
    public static ShellSettings of(InetSocketAddress listen, Path hostKey) {
        return new ShellSettings(listen, hostKey, Duration.ofMinutes(15), 16, 64);
    }
}
