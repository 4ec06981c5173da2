package io.tidegate.presentation;

import io.tidegate.catalog.SecretBox;
import io.tidegate.catalog.ServiceException;
import io.tidegate.presentation.HostRows.HostRow;
import io.tidegate.presentation.HostRows.SealedSecret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;

/** Rules for CHAP names and secrets (RFC 7143, 9.2.1), and their way in and out of the box. */
final class Chap {

    private static final int MIN_SECRET_BYTES = 12;
    private static final int MAX_SECRET_BYTES = 255;
    private static final int MAX_USER_BYTES = 255;

    private Chap() {}

    static void check(ChapCredentials chap) throws ServiceException {
        checkOne("CHAP", chap.user(), chap.secret());
        if (chap.mutual().isPresent()) {
            ChapCredentials.Mutual mutual = chap.mutual().get();
            checkOne("mutual CHAP", mutual.user(), mutual.secret());
            if (MessageDigest.isEqual(chap.secret(), mutual.secret())) {
                throw ServiceException.invalid(
                        "the mutual CHAP secret is not taken",
                        "it is the same as the other, so that a host could answer for the target",
                        "give two different secrets");
            }
        }
    }

    private static void checkOne(String what, String user, byte[] secret) throws ServiceException {
        int userBytes = user.getBytes(StandardCharsets.UTF_8).length;
        if (userBytes < 1 || userBytes > MAX_USER_BYTES || !user.strip().equals(user)) {
            throw ServiceException.invalid(
                    "the " + what + " user is not taken",
                    "it has 1 to 255 bytes and no blanks around it",
                    "give another user");
        }
        if (secret.length < MIN_SECRET_BYTES || secret.length > MAX_SECRET_BYTES) {
            throw ServiceException.invalid(
                    "the " + what + " secret is not taken",
                    "a secret has 12 to 255 bytes; Windows takes 12 to 16 only",
                    "give a random secret of 16 characters");
        }
    }

    static SealedSecret seal(SecretBox box, String place, String user, byte[] secret) {
        return new SealedSecret(user, box.seal(place, secret));
    }

    static ChapCredentials unseal(SecretBox box, HostRow host) {
        SealedSecret one =
                host.chap().orElseThrow(() -> new IllegalStateException(host.name() + ": no CHAP"));
        Optional<ChapCredentials.Mutual> mutual =
                host.mutual()
                        .map(
                                m ->
                                        new ChapCredentials.Mutual(
                                                m.user(),
                                                box.open(host.mutualPlace(), m.sealed())));
        return new ChapCredentials(one.user(), box.open(host.chapPlace(), one.sealed()), mutual);
    }
}
