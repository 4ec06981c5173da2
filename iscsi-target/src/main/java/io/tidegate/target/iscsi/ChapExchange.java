package io.tidegate.target.iscsi;

import io.tidegate.iscsi.wire.Chap;
import io.tidegate.iscsi.wire.LoginStatus;
import io.tidegate.iscsi.wire.NegotiationException;
import io.tidegate.iscsi.wire.TextKey;
import io.tidegate.iscsi.wire.TextPair;
import io.tidegate.iscsi.wire.TextValues;
import io.tidegate.presentation.ChapCredentials;
import io.tidegate.presentation.ChapCredentials.Mutual;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The target's part of one CHAP exchange (RFC 7143, 12.1.3).
 *
 * <pre>
 *   CHAP_A -> CHALLENGED (CHAP_A, I, C out) -> CHAP_N, CHAP_R [, I, C] -> PROVED [CHAP_N, R out]
 * </pre>
 *
 * <p>A challenge of the initiator is answered only after it has proved itself, so that the target
 * cannot be made to compute responses for others; its own challenge is refused.
 */
final class ChapExchange {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int CHALLENGE_LENGTH = 32;

    private final ChapCredentials credentials;
    private Chap.@Nullable Algorithm algorithm;
    private byte[] challenge = {};
    private int identifier;
    private boolean proved;

    ChapExchange(ChapCredentials credentials) {
        this.credentials = credentials;
    }

    boolean proved() {
        return proved;
    }

    /**
     * Takes the CHAP keys of one request.
     *
     * @return the keys to send back
     * @throws NegotiationException when authentication has failed, whatever the reason
     */
    List<TextPair> receive(Map<TextKey, String> keys) throws NegotiationException {
        if (keys.isEmpty()) {
            return List.of();
        }
        if (proved) {
            throw failure("CHAP keys after the proof");
        }
        if (algorithm == null) {
            return challenge(required(keys, TextKey.CHAP_A));
        }
        return check(algorithm, keys);
    }

    private List<TextPair> challenge(String offered) throws NegotiationException {
        for (String number : offered.split(",")) {
            OptionalLong value = TextValues.number(number);
            Chap.Algorithm known = value.isPresent() ? Chap.Algorithm.of(value.getAsLong()) : null;
            if (known != null) {
                algorithm = known;
                challenge = new byte[CHALLENGE_LENGTH];
                RANDOM.nextBytes(challenge);
                identifier = RANDOM.nextInt(256);
                return List.of(
                        TextKey.CHAP_A.with(known.number()),
                        TextKey.CHAP_I.with(identifier),
                        TextKey.CHAP_C.with(TextValues.binary(challenge)));
            }
        }
        throw failure("no CHAP algorithm in common");
    }

    private List<TextPair> check(Chap.Algorithm agreed, Map<TextKey, String> keys)
            throws NegotiationException {
        String name = required(keys, TextKey.CHAP_N);
        byte[] response = TextValues.binary(required(keys, TextKey.CHAP_R), Chap.MAX_BINARY_LENGTH);
        byte[] expected = Chap.response(agreed, identifier, credentials.secret(), challenge);
        boolean right = response != null && Chap.matches(expected, response);
        if (!right || !name.equals(credentials.user())) {
            throw failure("wrong CHAP name or response");
        }
        List<TextPair> answer = new ArrayList<>();
        if (keys.containsKey(TextKey.CHAP_I) || keys.containsKey(TextKey.CHAP_C)) {
            answer.addAll(prove(agreed, keys));
        }
        proved = true;
        return answer;
    }

    private List<TextPair> prove(Chap.Algorithm agreed, Map<TextKey, String> keys)
            throws NegotiationException {
        Optional<Mutual> mutual = credentials.mutual();
        if (mutual.isEmpty()) {
            throw failure("the initiator asks for mutual CHAP, which its host does not have");
        }
        byte[] secret = mutual.get().secret();
        if (Arrays.equals(secret, credentials.secret())) {
            throw failure("both CHAP secrets of the host are the same");
        }
        OptionalLong number = TextValues.number(required(keys, TextKey.CHAP_I));
        byte[] theirs = TextValues.binary(required(keys, TextKey.CHAP_C), Chap.MAX_BINARY_LENGTH);
        if (number.isEmpty() || number.getAsLong() < 0 || number.getAsLong() > 255) {
            throw failure("CHAP_I out of range");
        }
        if (theirs == null || theirs.length == 0 || Arrays.equals(theirs, challenge)) {
            throw failure("CHAP challenge missing or reflected");
        }
        byte[] response = Chap.response(agreed, (int) number.getAsLong(), secret, theirs);
        return List.of(
                TextKey.CHAP_N.with(mutual.get().user()),
                TextKey.CHAP_R.with(TextValues.binary(response)));
    }

    private static String required(Map<TextKey, String> keys, TextKey key)
            throws NegotiationException {
        String value = keys.get(key);
        if (value == null) {
            throw failure(key.text() + " is missing");
        }
        return value;
    }

    private static NegotiationException failure(String why) {
        return new NegotiationException(LoginStatus.AUTHENTICATION_FAILURE, why);
    }
}
