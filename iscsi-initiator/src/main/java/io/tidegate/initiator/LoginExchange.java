package io.tidegate.initiator;

import io.tidegate.initiator.InitiatorException.Reason;
import io.tidegate.iscsi.wire.InitiatorPdu.LoginRequest;
import io.tidegate.iscsi.wire.LoginStatus;
import io.tidegate.iscsi.wire.MalformedPduException;
import io.tidegate.iscsi.wire.Negotiation;
import io.tidegate.iscsi.wire.NegotiationException;
import io.tidegate.iscsi.wire.SessionParameters;
import io.tidegate.iscsi.wire.TargetPdu.LoginResponse;
import io.tidegate.iscsi.wire.TextAssembler;
import io.tidegate.iscsi.wire.TextKey;
import io.tidegate.iscsi.wire.TextPair;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The login phase of one connection as this side goes through it (RFC 7143, 6.3 and 11.12).
 *
 * <pre>
 *   SECURITY --AuthMethod=None, T--------------------------> OPERATIONAL --keys, T--> DONE
 *      '--AuthMethod=CHAP--> CHAP_A -> CHAP_R --T, proof---------^
 * </pre>
 *
 * <p>Takes a response and gives the next request, until {@link #done}. The number of rounds and the
 * length of all text are limited.
 */
final class LoginExchange {

    private static final int SECURITY = 0;
    private static final int OPERATIONAL = 1;
    private static final int FULL_FEATURE = 3;
    private static final int MAX_ROUNDS = 24;
    private static final int MAX_TEXT = 64 << 10;

    /** What to send next. */
    record Next(LoginRequest request, byte[] text) {}

    private enum Step {
        AUTH_METHOD,
        CHAP_CHALLENGE,
        CHAP_PROOF,
        OPERATIONAL_KEYS
    }

    private final InitiatorSettings settings;
    private final Negotiation negotiation;
    private final TextAssembler text = new TextAssembler(MAX_TEXT);
    private final @Nullable ChapExchange chap;
    private Step step = Step.AUTH_METHOD;
    private int stage = SECURITY;
    private int rounds;
    private int nextStatSn;
    private boolean done;
    private int tsih;

    LoginExchange(InitiatorSettings settings) {
        this.settings = settings;
        Credentials own = settings.own();
        chap = own == null ? null : new ChapExchange(own, settings.peer());
        negotiation = new Negotiation(wanted(settings));
        negotiation.discovery(settings.targetName() == null);
    }

    private static Map<TextKey, String> wanted(InitiatorSettings s) {
        Map<TextKey, String> ours = new EnumMap<>(TextKey.class);
        ours.put(TextKey.HEADER_DIGEST, s.digests().header() ? "CRC32C" : "None");
        ours.put(TextKey.DATA_DIGEST, s.digests().data() ? "CRC32C" : "None");
        ours.put(TextKey.MAX_RECV_DATA_SEGMENT_LENGTH, "" + s.data().maxSegment());
        ours.put(TextKey.MAX_BURST_LENGTH, "" + s.data().maxBurst());
        ours.put(TextKey.FIRST_BURST_LENGTH, "" + s.data().firstBurst());
        ours.put(TextKey.IMMEDIATE_DATA, s.data().immediateData() ? "Yes" : "No");
        ours.put(TextKey.INITIAL_R2T, s.data().initialR2t() ? "Yes" : "No");
        ours.put(TextKey.MAX_OUTSTANDING_R2T, "8");
        return ours;
    }

    boolean done() {
        return done;
    }

    int tsih() {
        return tsih;
    }

    /** StatSN that the first response of the full feature phase will have. */
    int nextStatSn() {
        return nextStatSn;
    }

    SessionParameters parameters() {
        return negotiation.parameters();
    }

    Next first() {
        List<TextPair> pairs = new ArrayList<>();
        pairs.add(TextKey.INITIATOR_NAME.with(settings.initiatorName()));
        String target = settings.targetName();
        pairs.add(TextKey.SESSION_TYPE.with(target == null ? "Discovery" : "Normal"));
        if (target != null) {
            pairs.add(TextKey.TARGET_NAME.with(target));
        }
        pairs.add(TextKey.AUTH_METHOD.with(methods()));
        // Without authentication the stage ends with this request, if the target agrees.
        return send(chap == null, OPERATIONAL, pairs);
    }

    /** A target that need not prove itself may also want no proof of this side. */
    private String methods() {
        if (chap == null) {
            return TextPair.NONE;
        }
        return settings.peer() == null ? "CHAP," + TextPair.NONE : "CHAP";
    }

    private Next send(boolean transit, int nextStage, List<TextPair> pairs) {
        LoginRequest request =
                new LoginRequest(
                        transit,
                        false,
                        stage,
                        nextStage,
                        0,
                        0,
                        settings.isid(),
                        0,
                        1,
                        0,
                        1,
                        nextStatSn);
        return new Next(request, TextPair.encode(pairs));
    }

    /** Adds text of a response's data segment. */
    void text(io.netty.buffer.ByteBuf buf, int at, int length) throws MalformedPduException {
        text.add(buf, at, length);
    }

    /**
     * Takes a whole response.
     *
     * @return what to send next, or null when the login is {@link #done}
     */
    @Nullable Next receive(LoginResponse response)
            throws InitiatorException, MalformedPduException {
        if (++rounds > MAX_ROUNDS) {
            throw failed("the target does not come to an end of the login");
        }
        if (response.initiatorTaskTag() != 1) {
            throw failed("the target answered another login request");
        }
        if (response.status() != 0) {
            throw refused(response);
        }
        if (response.currentStage() != stage) {
            throw failed("the target is in login stage " + response.currentStage());
        }
        if (rounds > 1 && response.statSn() != nextStatSn) {
            throw failed("login response out of order");
        }
        nextStatSn = response.statSn() + 1;
        if (response.continued()) {
            return send(false, 0, List.of());
        }
        List<TextPair> pairs = text.finish();
        try {
            return stage == SECURITY ? security(response, pairs) : operational(response, pairs);
        } catch (NegotiationException e) {
            throw new InitiatorException(Reason.LOGIN, "login: " + e.getMessage(), e);
        }
    }

    private InitiatorException refused(LoginResponse response) throws MalformedPduException {
        LoginStatus status = LoginStatus.of(response.status());
        StringBuilder where = new StringBuilder();
        for (TextPair pair : text.finish()) {
            if (pair.key().equals(TextKey.TARGET_ADDRESS.text())) {
                where.append(", moved to ").append(pair.value());
            }
        }
        return new InitiatorException(
                Reason.LOGIN,
                String.format(
                        "the target refused the login: %s (%04x)%s",
                        status, response.status(), where),
                status,
                null);
    }

    private @Nullable Next security(LoginResponse response, List<TextPair> pairs)
            throws InitiatorException, NegotiationException {
        Map<String, String> said = new HashMap<>();
        List<TextPair> others = new ArrayList<>();
        for (TextPair pair : pairs) {
            TextKey key = TextKey.of(pair.key());
            boolean security =
                    key == TextKey.AUTH_METHOD
                            || (key != null && key.rule() == TextKey.Rule.SECURITY);
            if (!security) {
                others.add(pair);
            } else if (said.put(pair.key(), pair.value()) != null) {
                throw failed("the target sent " + pair.key() + " twice");
            }
        }
        List<TextPair> answers = new ArrayList<>(negotiation.receive(others));
        boolean transit = securityStep(said, answers, response);
        if (response.transit()) {
            return afterSecurity(response, answers);
        }
        return send(transit, OPERATIONAL, answers);
    }

    /** Does one step of the authentication; answers whether the stage may end after it. */
    private boolean securityStep(
            Map<String, String> said, List<TextPair> answers, LoginResponse response)
            throws InitiatorException {
        ChapExchange c = chap;
        if (c == null) {
            String method = said.getOrDefault(TextKey.AUTH_METHOD.text(), TextPair.NONE);
            if (!method.equals(TextPair.NONE)) {
                throw failed("the target wants authentication by " + method);
            }
            return true;
        }
        switch (step) {
            case AUTH_METHOD -> {
                String method = said.getOrDefault(TextKey.AUTH_METHOD.text(), TextPair.NONE);
                if (method.equals(TextPair.NONE) && settings.peer() == null) {
                    return true;
                }
                if (!method.equals("CHAP")) {
                    throw failed("the target does not take CHAP");
                }
                answers.addAll(c.begin());
                step = Step.CHAP_CHALLENGE;
            }
            case CHAP_CHALLENGE -> {
                answers.addAll(c.answer(said));
                step = Step.CHAP_PROOF;
                requireNoTransit(response);
                return true;
            }
            default -> {
                c.check(said);
                step = Step.OPERATIONAL_KEYS;
                return true;
            }
        }
        requireNoTransit(response);
        return false;
    }

    private static void requireNoTransit(LoginResponse response) throws InitiatorException {
        if (response.transit()) {
            throw failed("the target left the security stage before CHAP was done");
        }
    }

    private @Nullable Next afterSecurity(LoginResponse response, List<TextPair> answers)
            throws InitiatorException {
        if (response.nextStage() != OPERATIONAL) {
            throw failed("the target goes to login stage " + response.nextStage());
        }
        stage = OPERATIONAL;
        step = Step.OPERATIONAL_KEYS;
        List<TextPair> pairs = new ArrayList<>(answers);
        pairs.add(negotiation.propose(TextKey.HEADER_DIGEST));
        pairs.add(negotiation.propose(TextKey.DATA_DIGEST));
        pairs.add(negotiation.propose(TextKey.MAX_RECV_DATA_SEGMENT_LENGTH));
        pairs.add(negotiation.propose(TextKey.ERROR_RECOVERY_LEVEL));
        pairs.add(negotiation.propose(TextKey.DEFAULT_TIME2WAIT));
        pairs.add(negotiation.propose(TextKey.DEFAULT_TIME2RETAIN));
        if (settings.targetName() != null) {
            for (TextKey key :
                    List.of(
                            TextKey.MAX_CONNECTIONS,
                            TextKey.INITIAL_R2T,
                            TextKey.IMMEDIATE_DATA,
                            TextKey.MAX_BURST_LENGTH,
                            TextKey.FIRST_BURST_LENGTH,
                            TextKey.MAX_OUTSTANDING_R2T,
                            TextKey.DATA_PDU_IN_ORDER,
                            TextKey.DATA_SEQUENCE_IN_ORDER)) {
                pairs.add(negotiation.propose(key));
            }
        }
        return send(true, FULL_FEATURE, pairs);
    }

    private @Nullable Next operational(LoginResponse response, List<TextPair> pairs)
            throws InitiatorException, NegotiationException {
        List<TextPair> answers = negotiation.receive(pairs);
        if (!response.transit()) {
            return send(true, FULL_FEATURE, answers);
        }
        if (response.nextStage() != FULL_FEATURE || !answers.isEmpty()) {
            throw failed("the target ended the negotiation before it was done");
        }
        if (response.tsih() == 0 && settings.targetName() != null) {
            throw failed("the target gave no session handle");
        }
        requireDigests();
        tsih = response.tsih();
        done = true;
        return null;
    }

    private void requireDigests() throws InitiatorException {
        SessionParameters p = negotiation.parameters();
        if (settings.digests().header() != p.headerDigest()
                || settings.digests().data() != p.dataDigest()) {
            throw failed("the target does not take the digests that were asked for");
        }
    }

    private static InitiatorException failed(String message) {
        return new InitiatorException(Reason.LOGIN, message);
    }
}
