package io.tidegate.shell;

import java.net.InetSocketAddress;
import java.util.List;

/**
 * A server that lets administrators in; behind an interface, so that its library can be changed.
 */
public interface ShellServer extends AutoCloseable {

    /** Where it listens; the port is the real one when 0 was asked for. */
    InetSocketAddress address();

    /** Host keys as clients show them: {@code ssh-ed25519 SHA256:…}. */
    List<String> hostKeys();

    /** Administrators who are logged in. */
    List<AdminSession> sessions();

    /** Ends a session; false when there is none with this id. Its running command goes on. */
    boolean end(long sessionId);

    /** Takes no more logins, ends the sessions and lets go of the port. Commands under way end. */
    @Override
    void close();
}
