package io.tidegate.user;

import io.tidegate.audit.Request;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.Names;
import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.Tx;
import io.tidegate.user.UserRows.Row;
import java.security.SecureRandom;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import org.jdbi.v3.core.Handle;

/**
 * Users, their passwords and keys. Safe for concurrent calls; calls that hash take about a tenth of
 * a second and block. Passwords are handed in as characters, which the caller wipes.
 */
public final class UserService implements AutoCloseable {

    /** The user that the first start makes. */
    public static final String FIRST = "admin";

    private static final int MIN_PASSWORD = 12;
    private static final int MAX_PASSWORD = 256;
    private static final int ONE_TIME_CHARACTERS = 20;
    private static final String ONE_TIME_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";

    private final Catalog catalog;
    private final Passwords passwords;
    private final Logins logins;
    private final SecureRandom random = new SecureRandom();

    public UserService(Catalog catalog) {
        this(catalog, Passwords.Cost.STANDARD);
    }

    UserService(Catalog catalog, Passwords.Cost cost) {
        this.catalog = catalog;
        this.passwords = new Passwords(cost);
        this.logins = new Logins(catalog, passwords);
    }

    /** How users are let in. */
    public Logins logins() {
        return logins;
    }

    /**
     * Makes the user {@code admin} when there is no user at all.
     *
     * @param authorizedKeys lines of public keys; when there is none a password is made
     * @return the one-time password, to be shown once and never logged; empty when keys were given
     *     or users exist
     */
    public Optional<String> ensureFirst(List<String> authorizedKeys) throws ServiceException {
        List<Row> users = catalog.read(UserRows::all);
        if (users.size() > 1 || (users.size() == 1 && !unfinished(users.getFirst()))) {
            return Optional.empty();
        }
        Request who = Request.system("first start");
        if (users.isEmpty()) {
            create(who, FIRST, EnumSet.of(Role.ADMIN, Role.SECURITY));
        }
        for (String line : authorizedKeys) {
            if (!line.isBlank() && !line.strip().startsWith("#")) {
                addKey(who, FIRST, line);
            }
        }
        return keys(FIRST).isEmpty() ? Optional.of(oneTimePassword(who, FIRST)) : Optional.empty();
    }

    /** Whether a first start was cut off before anything could let its user in. */
    private boolean unfinished(Row row) {
        return row.user().name().equals(FIRST)
                && row.hash().isEmpty()
                && row.user().lastLogin().isEmpty()
                && catalog.read((Handle handle) -> UserRows.keys(handle, row)).isEmpty();
    }

    /** Makes a user that nothing lets in yet: give a key or a password next. */
    public User create(Request who, String entered, Set<Role> roles) throws ServiceException {
        String name = Names.check("user", entered);
        checkRoles(roles);
        act(
                who,
                name,
                tx -> {
                    if (UserRows.byName(tx.handle(), name).isPresent()) {
                        throw ServiceException.conflict(
                                "user " + name + " is not made",
                                "there is a user of this name",
                                "choose another name");
                    }
                    UserRows.insert(tx, UUID.randomUUID().toString(), name, Role.join(roles));
                    tx.note("roles", Role.join(roles));
                });
        return show(name);
    }

    public List<User> list() {
        return catalog.read(UserRows::all).stream().map(Row::user).toList();
    }

    public User show(String name) throws ServiceException {
        return row(name).user();
    }

    private Row row(String name) throws ServiceException {
        return catalog.<Row, ServiceException>read(
                handle -> UserRows.require(handle, Names.fold(name)));
    }

    /** Gives roles; the last who may manage users keeps that. */
    public User setRoles(Request who, String name, Set<Role> roles) throws ServiceException {
        checkRoles(roles);
        change(
                who,
                name,
                (tx, row) -> {
                    if (!roles.contains(Role.SECURITY)) {
                        checkNotLast(tx.handle(), row);
                    }
                    UserRows.setRoles(tx, row.id(), Role.join(roles));
                    tx.note("before", Role.join(row.user().roles()));
                    tx.note("after", Role.join(roles));
                });
        return show(name);
    }

    public User lock(Request who, String name) throws ServiceException {
        change(
                who,
                name,
                (tx, row) -> {
                    checkNotLast(tx.handle(), row);
                    UserRows.setLocked(tx, row.id(), true);
                });
        return show(name);
    }

    public User unlock(Request who, String name) throws ServiceException {
        change(who, name, (tx, row) -> UserRows.setLocked(tx, row.id(), false));
        return show(name);
    }

    /** Forgets a user with their keys. */
    public void delete(Request who, String name) throws ServiceException {
        change(
                who,
                name,
                (tx, row) -> {
                    checkNotLast(tx.handle(), row);
                    UserRows.delete(tx, row.id());
                });
    }

    /**
     * Makes a password that has to be changed at the first log-in. The old one is gone.
     *
     * @return shown to the administrator once, kept nowhere
     */
    public String oneTimePassword(Request who, String name) throws ServiceException {
        row(name);
        StringBuilder made = new StringBuilder();
        for (int i = 0; i < ONE_TIME_CHARACTERS; i++) {
            if (i > 0 && i % 5 == 0) {
                made.append('-');
            }
            made.append(ONE_TIME_ALPHABET.charAt(random.nextInt(ONE_TIME_ALPHABET.length())));
        }
        String hash = hash(made.toString().toCharArray());
        change(who, name, (tx, row) -> UserRows.setPassword(tx, row.id(), hash, true, true));
        return made.toString();
    }

    /**
     * Changes a user's own password.
     *
     * @throws ServiceException {@code DENIED} when the old one is wrong
     */
    public void changePassword(Request who, String name, char[] old, char[] fresh)
            throws ServiceException {
        Row row = row(name);
        String object = "user:" + row.user().name();
        boolean right = row.hash().isPresent() && verify(old, row.hash().get());
        if (!right) {
            throw catalog.recorded(
                    who,
                    object,
                    ServiceException.denied(
                            "the password is not changed",
                            "the old password is wrong",
                            "repeat with the right one",
                            "ask for a one-time password: user password NAME"));
        }
        setPassword(who, name, fresh, false);
    }

    /**
     * Sets a password without asking for the old one.
     *
     * @param mustChange whether the user has to change it at the next log-in
     */
    public void setPassword(Request who, String name, char[] fresh, boolean mustChange)
            throws ServiceException {
        if (fresh.length < MIN_PASSWORD || fresh.length > MAX_PASSWORD) {
            throw ServiceException.invalid(
                    "the password is not taken",
                    "a password has " + MIN_PASSWORD + " to " + MAX_PASSWORD + " characters",
                    "choose another password");
        }
        Row row = row(name);
        if (row.hash().isPresent() && verify(fresh, row.hash().get())) {
            throw ServiceException.invalid(
                    "the password is not taken",
                    "it is the present one",
                    "choose another password");
        }
        String hash = hash(fresh);
        change(who, name, (tx, now) -> UserRows.setPassword(tx, now.id(), hash, mustChange, false));
    }

    private String hash(char[] password) throws ServiceException {
        try {
            return passwords.hash(password);
        } catch (RejectedExecutionException | CompletionException e) {
            throw tooBusy(e);
        }
    }

    private boolean verify(char[] password, String hash) throws ServiceException {
        try {
            return passwords.verify(password, hash);
        } catch (RejectedExecutionException | CompletionException e) {
            throw tooBusy(e);
        }
    }

    private static ServiceException tooBusy(RuntimeException e) {
        return new ServiceException(
                ServiceException.Code.BUSY,
                "the password is not looked at",
                "too many log-ins are under way",
                List.of("repeat in a few seconds"),
                e);
    }

    /** Lets a public key in. The same key again changes nothing. */
    public UserKey addKey(Request who, String name, String line) throws ServiceException {
        PublicKeyLine key = PublicKeyLine.parse(line);
        change(
                who,
                name,
                (tx, row) -> {
                    if (!UserRows.hasKey(tx.handle(), row.id(), key.blob())) {
                        UserRows.insertKey(tx, row.id(), key);
                    }
                    tx.note("added", key.fingerprint());
                });
        return keys(name).stream()
                .filter(k -> k.fingerprint().equals(key.fingerprint()))
                .findFirst()
                .orElseThrow(() -> ServiceException.notFound("key", key.fingerprint()));
    }

    public List<UserKey> keys(String name) throws ServiceException {
        Row row = row(name);
        return catalog.read((Handle handle) -> UserRows.keys(handle, row));
    }

    public void deleteKey(Request who, String name, String fingerprint) throws ServiceException {
        change(
                who,
                name,
                (tx, row) -> {
                    if (UserRows.deleteKey(tx, row.id(), fingerprint) == 0) {
                        throw ServiceException.notFound("key", fingerprint);
                    }
                    tx.note("removed", fingerprint);
                });
    }

    private static void checkRoles(Set<Role> roles) throws ServiceException {
        if (roles.isEmpty()) {
            throw ServiceException.invalid(
                    "the roles are not set",
                    "a user has at least one role",
                    "give --role reader, operator, admin or security");
        }
    }

    /** Someone who is not locked must stay able to manage users. */
    private static void checkNotLast(Handle handle, Row row) throws ServiceException {
        boolean another =
                UserRows.all(handle).stream()
                        .anyMatch(r -> !r.id().equals(row.id()) && r.user().may(Role.SECURITY));
        if (!another && row.user().may(Role.SECURITY)) {
            throw ServiceException.conflict(
                    "user " + row.user().name() + " is not changed",
                    "nobody else may manage users",
                    "user set OTHER --role security");
        }
    }

    /** A change of rows. */
    @FunctionalInterface
    private interface RowAct {
        void run(Tx tx) throws ServiceException;
    }

    /** A change of one user's rows. */
    @FunctionalInterface
    private interface UserAct {
        void run(Tx tx, Row row) throws ServiceException;
    }

    private void change(Request who, String name, UserAct rows) throws ServiceException {
        String folded = Names.fold(name);
        act(who, folded, tx -> rows.run(tx, UserRows.require(tx.handle(), folded)));
    }

    private void act(Request who, String name, RowAct rows) throws ServiceException {
        String object = "user:" + name;
        try {
            catalog.<Integer, ServiceException>change(
                    who,
                    object,
                    tx -> {
                        rows.run(tx);
                        return 0;
                    });
        } catch (ServiceException e) {
            throw catalog.recorded(who, object, e);
        }
    }

    @Override
    public void close() {
        passwords.close();
    }
}
