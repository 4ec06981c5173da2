package io.tidegate.presentation;

import io.tidegate.catalog.SecretBox;
import io.tidegate.catalog.Tx;
import io.tidegate.presentation.HostRows.SealedSecret;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** The row of the CHAP names and secrets of discovery sessions. */
record DiscoveryRow(SealedSecret chap, Optional<SealedSecret> mutual) {
    static final String OBJECT = "discovery";

    private static final String CHAP_PLACE = "discovery:chap";
    private static final String MUTUAL_PLACE = "discovery:mutual";

    static Optional<DiscoveryRow> read(Handle handle) {
        return handle.createQuery(
                        "select chap_user, chap_secret, mutual_user, mutual_secret"
                                + " from discovery_chap")
                .map(
                        (rs, ctx) -> {
                            String user = rs.getString(3);
                            String sealed = rs.getString(4);
                            return new DiscoveryRow(
                                    new SealedSecret(rs.getString(1), rs.getString(2)),
                                    user == null || sealed == null
                                            ? Optional.empty()
                                            : Optional.of(new SealedSecret(user, sealed)));
                        })
                .findFirst();
    }

    /** Puts these credentials in place of those that were; none when empty. */
    static void write(Tx tx, SecretBox box, Optional<ChapCredentials> chap) {
        tx.handle().execute("delete from discovery_chap");
        if (chap.isEmpty()) {
            return;
        }
        ChapCredentials c = chap.get();
        Optional<SealedSecret> mutual =
                c.mutual().map(m -> Chap.seal(box, MUTUAL_PLACE, m.user(), m.secret()));
        tx.handle()
                .createUpdate(
                        "insert into discovery_chap (id, chap_user, chap_secret, mutual_user,"
                                + " mutual_secret) values (1, :user, :secret, :mutualUser,"
                                + " :mutualSecret)")
                .bind("user", c.user())
                .bind("secret", Chap.seal(box, CHAP_PLACE, c.user(), c.secret()).sealed())
                .bind("mutualUser", mutual.map(SealedSecret::user).orElse(null))
                .bind("mutualSecret", mutual.map(SealedSecret::sealed).orElse(null))
                .execute();
    }

    ChapCredentials unseal(SecretBox box) {
        return new ChapCredentials(
                chap.user(),
                box.open(CHAP_PLACE, chap.sealed()),
                mutual.map(
                        m ->
                                new ChapCredentials.Mutual(
                                        m.user(), box.open(MUTUAL_PLACE, m.sealed()))));
    }
}
