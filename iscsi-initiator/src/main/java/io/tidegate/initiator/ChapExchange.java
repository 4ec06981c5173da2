package io.tidegate.initiator;

import io.tidegate.iscsi.wire.Chap;
import io.tidegate.iscsi.wire.TextKey;
import io.tidegate.iscsi.wire.TextPair;
import io.tidegate.iscsi.wire.TextValues;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * This side's part of CHAP (RFC 7143, 12.1.3).
 *
 * <pre>
 *   CHAP_A=list -> CHAP_A, CHAP_I, CHAP_C -> CHAP_N, CHAP_R [, CHAP_I, CHAP_C] -> [CHAP_N, CHAP_R]
 * </pre>
 */
final class ChapExchange {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int CHALLENGE_BYTES = 32;

    private final Credentials own;
    private final @Nullable Credentials peer;
    private Chap.@Nullable Algorithm algorithm;
    private byte @Nullable [] challenge;
    private int identifier;

    ChapExchange(Credentials own, @Nullable Credentials peer) {
        this.own = own;
        this.peer = peer;
    }

    /** Only MD5, which every target has: tgtd ends the login when the list begins with another. */
    List<TextPair> begin() {
        return List.of(TextKey.CHAP_A.with("5"));
    }

    /** Answers the target's challenge, and puts one to it if it has to prove itself. */
    List<TextPair> answer(Map<String, String> said) throws InitiatorException {
        OptionalLong chosen = number(said, TextKey.CHAP_A);
        Chap.Algorithm a = chosen.isPresent() ? Chap.Algorithm.of(chosen.getAsLong()) : null;
        OptionalLong id = number(said, TextKey.CHAP_I);
        byte[] theirs = binary(said, TextKey.CHAP_C);
        if ((a != Chap.Algorithm.SHA256 && a != Chap.Algorithm.MD5)
                || id.isEmpty()
                || (id.getAsLong() & ~0xffL) != 0
                || theirs == null
                || theirs.length == 0) {
            throw failed("the target's CHAP challenge is not well formed");
        }
        algorithm = a;
        List<TextPair> out = new ArrayList<>();
        byte[] response = Chap.response(a, (int) id.getAsLong(), own.secret(), theirs);
        out.add(TextKey.CHAP_N.with(own.name()));
        out.add(TextKey.CHAP_R.with(TextValues.binary(response)));
        if (peer != null) {
            byte[] ours = new byte[CHALLENGE_BYTES];
            RANDOM.nextBytes(ours);
            if (Arrays.equals(ours, theirs)) {
                throw failed("the target's CHAP challenge repeats ours");
            }
            challenge = ours;
            identifier = RANDOM.nextInt(256);
            out.add(TextKey.CHAP_I.with(identifier));
            out.add(TextKey.CHAP_C.with(TextValues.binary(ours)));
        }
        return out;
    }

    /** Checks the target's proof, if it has to give one. */
    void check(Map<String, String> said) throws InitiatorException {
        Credentials expected = peer;
        if (expected == null) {
            return;
        }
        byte[] ours = challenge;
        Chap.Algorithm a = algorithm;
        byte[] response = binary(said, TextKey.CHAP_R);
        if (ours == null
                || a == null
                || response == null
                || !expected.name().equals(said.get(TextKey.CHAP_N.text()))
                || !Chap.matches(Chap.response(a, identifier, expected.secret(), ours), response)) {
            throw failed("the target did not prove itself by CHAP");
        }
    }

    private static OptionalLong number(Map<String, String> said, TextKey key) {
        String value = said.get(key.text());
        return value == null ? OptionalLong.empty() : TextValues.number(value);
    }

    private static byte @Nullable [] binary(Map<String, String> said, TextKey key) {
        String value = said.get(key.text());
        return value == null ? null : TextValues.binary(value, Chap.MAX_BINARY_LENGTH);
    }

    private static InitiatorException failed(String message) {
        return new InitiatorException(InitiatorException.Reason.LOGIN, message);
    }
}
