package io.tidegate.shell;

import java.security.PublicKey;
import java.util.Optional;

/**
 * Who may log in. Calls block (passwords are hashed slowly on purpose) and come on threads of the
 * shell that nobody interrupts. An unknown user takes as long as a wrong password.
 */
public interface Logins {

    /** The administrator, if the password is right and the account is not locked. */
    Optional<Caller> password(String user, String password, String peer);

    /**
     * The administrator, if the key is one of the account's. The client has not yet proved that it
     * holds the key; nothing is to be recorded here.
     *
     * @param fingerprint {@code SHA256:…}
     */
    Optional<Caller> publicKey(String user, PublicKey key, String fingerprint, String peer);

    /** Someone is in. */
    void entered(Caller caller);

    /** Someone was turned away; for the audit log. */
    void refused(String user, String peer, String method, String reason);

    /**
     * Sets a new password in the place of one that has to be changed.
     *
     * @return why it is not taken; empty when it was
     */
    Optional<String> changePassword(Caller caller, String password);
}
