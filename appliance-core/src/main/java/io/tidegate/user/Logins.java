package io.tidegate.user;

import io.tidegate.audit.AuditResult;
import io.tidegate.audit.Request;
import io.tidegate.catalog.Catalog;
import io.tidegate.catalog.Names;
import io.tidegate.user.UserRows.Row;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import org.jdbi.v3.core.Handle;

/**
 * Lets users in, or not. Every outcome is an audit record; a refused one is told nothing but that
 * it is refused, after the same time whether the user exists or not.
 */
public final class Logins {

    private static final Duration BUSY_WAIT = Duration.ofSeconds(5);

    private final Catalog catalog;
    private final Passwords passwords;
    private final LoginGuard guard;

    Logins(Catalog catalog, Passwords passwords) {
        this.catalog = catalog;
        this.passwords = passwords;
        this.guard = new LoginGuard(catalog.clock());
    }

    /** Tries a password. Blocks for a tenth of a second or more. */
    public LoginResult password(String entered, char[] password, InetSocketAddress from) {
        String name = Names.fold(entered);
        Optional<Duration> wait = guard.wait(name, from.getAddress());
        if (wait.isPresent()) {
            return new LoginResult.Slowed(wait.get());
        }
        Optional<Row> row = catalog.read((Handle h) -> UserRows.byName(h, name));
        boolean right;
        try {
            right =
                    row.flatMap(Row::hash).isPresent()
                            ? passwords.verify(password, row.get().hash().orElseThrow())
                            : passwords.verifyNobody(password);
        } catch (RejectedExecutionException | CompletionException e) {
            return new LoginResult.Slowed(BUSY_WAIT);
        }
        if (!right || row.isEmpty() || row.get().user().locked()) {
            return refuse(name, "password", from);
        }
        return admit(row.get(), "password", from, row.get().oneTime());
    }

    /**
     * Whether a key is one of the user's: asked before its signature is checked. Writes nothing,
     * for clients offer many keys.
     *
     * @param blob the key as it goes over the wire
     */
    public boolean knowsKey(String entered, byte[] blob, InetSocketAddress from) {
        String name = Names.fold(entered);
        if (guard.wait(name, from.getAddress()).isPresent()) {
            return false;
        }
        String text = Base64.getEncoder().encodeToString(blob);
        return catalog.read((Handle h) -> UserRows.byName(h, name))
                .filter(row -> !row.user().locked())
                .filter(row -> catalog.read((Handle h) -> UserRows.hasKey(h, row.id(), text)))
                .isPresent();
    }

    /** Lets a user in by a key whose signature was checked. */
    public LoginResult key(String entered, byte[] blob, InetSocketAddress from) {
        String name = Names.fold(entered);
        String fingerprint = PublicKeyLine.fingerprint(blob);
        if (!knowsKey(name, blob, from)) {
            return refuse(name, fingerprint, from);
        }
        Optional<Row> row = catalog.read((Handle h) -> UserRows.byName(h, name));
        return row.isPresent()
                ? admit(row.get(), fingerprint, from, false)
                : refuse(name, fingerprint, from);
    }

    /**
     * Notes that a user could not prove who they are by other means, such as keys that nobody
     * knows.
     */
    public void failed(String entered, String credential, InetSocketAddress from) {
        refuse(Names.fold(entered), credential, from);
    }

    private LoginResult refuse(String name, String credential, InetSocketAddress from) {
        guard.failed(name, from.getAddress());
        String shown = name.length() > 64 ? name.substring(0, 64) : name;
        catalog.record(
                request(shown, credential, from),
                "user:" + shown,
                AuditResult.REFUSED,
                "log-in refused");
        return new LoginResult.Refused();
    }

    /** Looks again inside the transaction: the user may have been locked meanwhile. */
    private LoginResult admit(Row row, String credential, InetSocketAddress from, boolean once) {
        String name = row.user().name();
        boolean admitted =
                catalog.change(
                        request(name, credential, from),
                        "user:" + name,
                        tx -> {
                            Optional<Row> now = UserRows.byName(tx.handle(), name);
                            if (now.isEmpty() || now.get().user().locked()) {
                                tx.note("locked", true);
                                return false;
                            }
                            UserRows.setLastLogin(tx, row.id());
                            tx.note("oneTime", once);
                            return true;
                        });
        if (!admitted) {
            return new LoginResult.Refused();
        }
        guard.succeeded(name);
        return new LoginResult.Admitted(row.user(), credential);
    }

    private static Request request(String name, String credential, InetSocketAddress from) {
        return new Request(
                name,
                from.getHostString() + ":" + from.getPort(),
                credential,
                "login",
                Optional.empty(),
                Optional.empty());
    }
}
