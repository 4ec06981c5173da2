package io.tidegate.iscsi.wire;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One side of an operational negotiation (RFC 7143, 6.2 and 13).
 *
 * <pre>
 *   own offer:   propose -> OFFERED -> receive(answer) -> AGREED
 *   peer's:      receive(offer) -> AGREED, and the answer to send
 *   declaration: settled as soon as it is said
 * </pre>
 *
 * <p>Values of {@link TextKey.Rule#SECURITY} and {@link TextKey.Rule#COMMAND} keys are not touched
 * here: whoever runs the login takes them out first. Not safe for concurrent calls.
 */
public final class Negotiation {
    private final Map<TextKey, String> ours;
    private final Map<TextKey, String> agreed = new EnumMap<>(TextKey.class);
    private final Map<TextKey, String> declared = new EnumMap<>(TextKey.class); // by the peer
    private final Set<TextKey> offered = EnumSet.noneOf(TextKey.class);
    private final Set<TextKey> heard = EnumSet.noneOf(TextKey.class);
    private boolean discovery;
    private boolean fullFeature;

    /**
     * @param ours what this side wants or takes: a list in order of liking, Yes or No, a number. A
     *     key that is not here has its default, as a value or as a limit
     */
    public Negotiation(Map<TextKey, String> ours) {
        this.ours = new EnumMap<>(TextKey.class);
        this.ours.putAll(ours);
    }

    /** Keys that only normal sessions have are answered with Irrelevant. */
    public void discovery(boolean isDiscovery) {
        discovery = isDiscovery;
    }

    /** From here on only keys of the full feature phase are taken, and each may come again. */
    public void fullFeature() {
        fullFeature = true;
        heard.clear();
        offered.clear();
    }

    /** Offers or declares what this side wants of a key; send what comes back. */
    public TextPair propose(TextKey key) {
        String value = own(key);
        switch (key.rule()) {
            case DECLARED, DECLARED_NUMBER -> {}
            default -> offered.add(key);
        }
        return key.with(value);
    }

    /** Whether an offer of this side waits for its answer. */
    public boolean pending() {
        return !offered.isEmpty();
    }

    /** Whether the peer has offered, declared or answered the key. */
    public boolean heard(TextKey key) {
        return heard.contains(key);
    }

    /**
     * Takes pairs of the peer: answers to own offers, offers and declarations.
     *
     * @return the answers to send, in the order of the offers
     * @throws NegotiationException when a pair is not legal; the login cannot go on
     */
    public List<TextPair> receive(List<TextPair> pairs) throws NegotiationException {
        List<TextPair> answers = new ArrayList<>();
        for (TextPair pair : pairs) {
            TextPair answer = receive(pair);
            if (answer != null) {
                answers.add(answer);
            }
        }
        return answers;
    }

    private @Nullable TextPair receive(TextPair pair) throws NegotiationException {
        TextKey key = TextKey.of(pair.key());
        if (key == null) {
            return pair.value().equals(TextPair.NOT_UNDERSTOOD)
                    ? null
                    : new TextPair(pair.key(), TextPair.NOT_UNDERSTOOD);
        }
        if (fullFeature && !key.inFullFeature()) {
            return key.with(TextPair.REJECT);
        }
        if (!heard.add(key)) {
            throw illegal(pair, "sent twice");
        }
        if (offered.remove(key)) {
            answered(key, pair);
            return null;
        }
        return switch (key.rule()) {
            case DECLARED, DECLARED_NUMBER -> {
                declare(key, pair);
                yield null;
            }
            case SECURITY, COMMAND -> key.with(TextPair.REJECT);
            case OBSOLETE -> key.with(key.initial());
            default -> answer(key, pair);
        };
    }

    private void declare(TextKey key, TextPair pair) throws NegotiationException {
        if (key.rule() == TextKey.Rule.DECLARED_NUMBER) {
            OptionalLong number = TextValues.number(pair.value());
            if (number.isEmpty() || !key.inRange(number.getAsLong())) {
                throw illegal(pair, "not a number in its range");
            }
            declared.put(key, Long.toString(number.getAsLong()));
        } else {
            declared.put(key, pair.value());
        }
    }

    private TextPair answer(TextKey key, TextPair offer) {
        if (discovery && key.irrelevantToDiscovery()) {
            return key.with(TextPair.IRRELEVANT);
        }
        String result = combine(key, offer.value());
        if (result == null) {
            return key.with(TextPair.REJECT);
        }
        agreed.put(key, result);
        return key.with(result);
    }

    private void answered(TextKey key, TextPair answer) throws NegotiationException {
        switch (answer.value()) {
            case TextPair.REJECT, TextPair.NOT_UNDERSTOOD, TextPair.IRRELEVANT ->
                    agreed.put(key, key.initial());
            default -> {
                if (!admissible(key, answer.value())) {
                    throw illegal(answer, "no answer to " + own(key));
                }
                agreed.put(key, normal(key, answer.value()));
            }
        }
    }

    /** What an offer and our own value come to; null when the offer is not admissible. */
    private @Nullable String combine(TextKey key, String offer) {
        String own = own(key);
        return switch (key.rule()) {
            case LIST -> firstCommon(offer, own);
            case AND -> bool(offer) ? yes(own.equals("Yes") && offer.equals("Yes")) : null;
            case OR -> bool(offer) ? yes(own.equals("Yes") || offer.equals("Yes")) : null;
            case MINIMUM, MAXIMUM -> {
                OptionalLong number = TextValues.number(offer);
                if (number.isEmpty() || !key.inRange(number.getAsLong())) {
                    yield null;
                }
                long limit = Long.parseLong(own);
                long value = number.getAsLong();
                yield Long.toString(
                        key.rule() == TextKey.Rule.MINIMUM
                                ? Math.min(limit, value)
                                : Math.max(limit, value));
            }
            default -> null;
        };
    }

    private boolean admissible(TextKey key, String answer) {
        String own = own(key);
        return switch (key.rule()) {
            case LIST -> List.of(own.split(",")).contains(answer);
            case AND -> bool(answer) && (own.equals("Yes") || answer.equals("No"));
            case OR -> bool(answer) && (own.equals("No") || answer.equals("Yes"));
            case MINIMUM, MAXIMUM -> answer.equals(own) || normalEquals(key, answer);
            default -> true;
        };
    }

    /** An answer to a number must be what both sides' numbers come to, so within ours. */
    private boolean normalEquals(TextKey key, String answer) {
        OptionalLong number = TextValues.number(answer);
        if (number.isEmpty() || !key.inRange(number.getAsLong())) {
            return false;
        }
        long own = Long.parseLong(own(key));
        return key.rule() == TextKey.Rule.MINIMUM
                ? number.getAsLong() <= own
                : number.getAsLong() >= own;
    }

    private static String normal(TextKey key, String value) {
        return switch (key.rule()) {
            case MINIMUM, MAXIMUM -> Long.toString(TextValues.number(value).orElseThrow());
            default -> value;
        };
    }

    private static @Nullable String firstCommon(String offer, String own) {
        List<String> taken = List.of(own.split(","));
        for (String value : offer.split(",")) {
            if (taken.contains(value)) {
                return value;
            }
        }
        return null;
    }

    private static boolean bool(String value) {
        return value.equals("Yes") || value.equals("No");
    }

    private static String yes(boolean value) {
        return value ? "Yes" : "No";
    }

    private String own(TextKey key) {
        return ours.getOrDefault(key, key.initial());
    }

    private static NegotiationException illegal(TextPair pair, String why) {
        return new NegotiationException(
                LoginStatus.INITIATOR_ERROR, pair.key() + "=" + pair.value() + ": " + why);
    }

    /** What the peer has declared of a key, or its default. */
    public String declared(TextKey key) {
        return declared.getOrDefault(key, key.initial());
    }

    /** What was agreed on a key, or its default. */
    public String agreed(TextKey key) {
        return agreed.getOrDefault(key, key.initial());
    }

    /** What now holds between the two sides. */
    public SessionParameters parameters() {
        int maxBurst = Integer.parseInt(agreed(TextKey.MAX_BURST_LENGTH));
        int firstBurst = Integer.parseInt(agreed(TextKey.FIRST_BURST_LENGTH));
        return new SessionParameters(
                agreed(TextKey.HEADER_DIGEST).equals("CRC32C"),
                agreed(TextKey.DATA_DIGEST).equals("CRC32C"),
                agreed(TextKey.INITIAL_R2T).equals("Yes"),
                agreed(TextKey.IMMEDIATE_DATA).equals("Yes"),
                maxBurst,
                Math.min(firstBurst, maxBurst),
                Integer.parseInt(agreed(TextKey.MAX_OUTSTANDING_R2T)),
                Integer.parseInt(agreed(TextKey.DEFAULT_TIME2WAIT)),
                Integer.parseInt(agreed(TextKey.DEFAULT_TIME2RETAIN)),
                Integer.parseInt(agreed(TextKey.MAX_CONNECTIONS)),
                Integer.parseInt(agreed(TextKey.ERROR_RECOVERY_LEVEL)),
                agreed(TextKey.DATA_PDU_IN_ORDER).equals("Yes"),
                agreed(TextKey.DATA_SEQUENCE_IN_ORDER).equals("Yes"),
                Integer.parseInt(own(TextKey.MAX_RECV_DATA_SEGMENT_LENGTH)),
                Integer.parseInt(declared(TextKey.MAX_RECV_DATA_SEGMENT_LENGTH)));
    }
}
