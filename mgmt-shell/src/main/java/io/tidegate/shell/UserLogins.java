package io.tidegate.shell;

import io.tidegate.audit.Request;
import io.tidegate.catalog.ServiceException;
import io.tidegate.user.LoginResult;
import io.tidegate.user.Role;
import io.tidegate.user.User;
import io.tidegate.user.UserService;
import java.net.InetSocketAddress;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** Log-ins by the users of the catalog. */
public final class UserLogins implements Logins {

    private final UserService users;

    public UserLogins(UserService users) {
        this.users = users;
    }

    @Override
    public Optional<Caller> password(String user, String password, InetSocketAddress peer) {
        return caller(users.logins().password(user, password.toCharArray(), peer), peer);
    }

    @Override
    public boolean knows(String user, byte[] key, InetSocketAddress peer) {
        return users.logins().knowsKey(user, key, peer);
    }

    @Override
    public Optional<Caller> key(String user, byte[] key, InetSocketAddress peer) {
        return caller(users.logins().key(user, key, peer), peer);
    }

    @Override
    public Optional<String> changePassword(Caller caller, String password) {
        Request request =
                new Request(
                        caller.user(),
                        caller.peer(),
                        caller.credential(),
                        "user password",
                        Optional.empty(),
                        Optional.empty());
        try {
            users.setPassword(request, caller.user(), password.toCharArray(), false);
            return Optional.empty();
        } catch (ServiceException e) {
            return Optional.of(e.getMessage() + ": " + e.why());
        }
    }

    private static Optional<Caller> caller(LoginResult result, InetSocketAddress peer) {
        if (!(result instanceof LoginResult.Admitted(User user, String credential))) {
            return Optional.empty();
        }
        // With a key one is in for good; only a password can be one that has to be changed.
        boolean change = user.mustChange() && credential.equals("password");
        String from = peer.getHostString() + ":" + peer.getPort();
        return Optional.of(new Caller(user.name(), access(user.roles()), from, credential, change));
    }

    /** What the roles allow; security stands apart from the others. */
    static Set<Access> access(Set<Role> roles) {
        Set<Access> access = EnumSet.of(Access.EVERYONE);
        if (Role.allows(roles, Role.READER)) {
            access.add(Access.READ);
        }
        if (Role.allows(roles, Role.OPERATOR)) {
            access.add(Access.OPERATE);
        }
        if (Role.allows(roles, Role.ADMIN)) {
            access.add(Access.ADMINISTER);
        }
        if (Role.allows(roles, Role.SECURITY)) {
            access.add(Access.SECURE);
        }
        return access;
    }
}
