package io.tidegate.shell;

import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * Who may log in; slows guessing down and records what happened. Calls block and come on threads of
 * the shell that nobody interrupts.
 */
public interface Logins {

    /** The administrator, if the password is right and the account is not locked. */
    Optional<Caller> password(String user, String password, InetSocketAddress peer);

    /**
     * Whether the key is one of the account's. The client has not yet proved that it holds it, so
     * nothing is recorded.
     *
     * @param key as it goes over the wire
     */
    boolean knows(String user, byte[] key, InetSocketAddress peer);

    /** The administrator, after the signature was checked; empty when locked meanwhile. */
    Optional<Caller> key(String user, byte[] key, InetSocketAddress peer);

    /**
     * Sets a new password in the place of one that has to be changed.
     *
     * @return why it is not taken; empty when it was
     */
    Optional<String> changePassword(Caller caller, String password);
}
