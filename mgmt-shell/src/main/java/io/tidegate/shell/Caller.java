package io.tidegate.shell;

import java.util.Set;

/**
 * An administrator who is logged in.
 *
 * @param user account name
 * @param access what the roles of the account allow
 * @param peer address and port the log-in came from
 * @param credential {@code password} or the fingerprint of the key
 * @param mustChangePassword nothing is allowed before a new password is set
 */
public record Caller(
        String user,
        Set<Access> access,
        String peer,
        String credential,
        boolean mustChangePassword) {

    public Caller {
        access = Set.copyOf(access);
    }

    /** Whether a command of this demand may be called. */
    public boolean may(Access demand) {
        return demand == Access.EVERYONE || access.contains(demand);
    }

    /** The same, once the password has been changed. */
    public Caller passwordChanged() {
        return new Caller(user, access, peer, credential, false);
    }
}
