package io.tidegate.target.iscsi;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.InitiatorPdu.LoginRequest;
import io.tidegate.iscsi.wire.LoginStatus;
import io.tidegate.iscsi.wire.MalformedPduException;
import io.tidegate.iscsi.wire.Negotiation;
import io.tidegate.iscsi.wire.NegotiationException;
import io.tidegate.iscsi.wire.Opcode;
import io.tidegate.iscsi.wire.SessionParameters;
import io.tidegate.iscsi.wire.TargetPdu.LoginResponse;
import io.tidegate.iscsi.wire.TextAssembler;
import io.tidegate.iscsi.wire.TextKey;
import io.tidegate.iscsi.wire.TextPair;
import io.tidegate.presentation.LoginRule;
import io.tidegate.presentation.TargetInfo;
import io.tidegate.presentation.TargetInfo.Portal;
import io.tidegate.target.device.Nexus;
import io.tidegate.target.device.NexusId;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The login of one connection (RFC 7143, 6.3 and 11.12).
 *
 * <pre>
 *   SECURITY (0) --proved, or nothing to prove--> OPERATIONAL (1) --> waits for the old session of
 *   the same nexus, when there is one --> full feature phase (3)
 *   any rule broken, or the deadline passed: a response with the status, then closed
 * </pre>
 */
final class LoginPhase implements Phase {
    private static final Logger LOG = LoggerFactory.getLogger(LoginPhase.class);
    private static final int SECURITY = 0;
    private static final int OPERATIONAL = 1;
    private static final int FULL_FEATURE = 3;
    static final int MAX_PAIRS = 256; // in one text; the standard has some thirty
    private static final int MAX_REQUESTS = 64; // a login with CHAP takes five

    private final Environment environment;
    private final Connection connection;
    private final Negotiation negotiation;
    private final TextAssembler assembler;
    private final ScheduledFuture<?> deadline;

    private @Nullable LoginRequest first;
    private @Nullable LoginRequest request;
    private @Nullable LoginIdentity identity;
    private @Nullable ChapExchange chap;
    private @Nullable Session session;
    private @Nullable Portal portal;
    private int requests;
    private int stage;
    private boolean declared; // our own lengths
    private boolean busy; // waiting to answer
    private boolean settled;
    private @Nullable MalformedPduException tooLong;

    LoginPhase(Environment environment, Connection connection) {
        TargetSettings settings = environment.settings();
        this.environment = environment;
        this.connection = connection;
        this.negotiation = new Negotiation(OwnOffers.of(settings));
        this.assembler = new TextAssembler(settings.maxLoginText(), MAX_PAIRS);
        this.deadline = connection.loop().schedule(this::late, settings.loginDeadline().toMillis());
    }

    private void late() {
        if (!settled) {
            LOG.info("{}: login took too long", connection.peer());
            connection.close();
        }
    }

    @Override
    public void header(ByteBuf buf, int at, int dataLength) throws MalformedPduException {
        if (Bhs.opcode(buf, at) != Opcode.LOGIN_REQUEST || Bhs.ahsLength(buf, at) != 0) {
            throw new MalformedPduException(
                    "opcode " + Bhs.opcode(buf, at) + " where a login was due");
        }
        if (busy) {
            throw new MalformedPduException("login request before the answer to the last");
        }
        request = LoginRequest.parse(buf, at);
    }

    @Override
    public void data(ByteBuf buf, int at, int length) {
        try {
            assembler.add(buf, at, length);
        } catch (MalformedPduException e) {
            tooLong = e; // answered when the PDU is over
        }
    }

    @Override
    public void end() {
        LoginRequest now = request;
        if (now == null) {
            throw new IllegalStateException("no request");
        }
        try {
            if (tooLong != null) {
                throw tooLong;
            }
            sequence(now);
            if (now.continued()) {
                send(now, false, List.of(), 0, LoginStatus.SUCCESS);
            } else {
                proceed(now, assembler.finish());
            }
        } catch (NegotiationException e) {
            fail(now, e.status(), String.valueOf(e.getMessage()));
        } catch (MalformedPduException e) {
            fail(now, LoginStatus.INITIATOR_ERROR, String.valueOf(e.getMessage()));
        }
    }

    /** Checks a request against the ones before it. */
    private void sequence(LoginRequest now) throws NegotiationException {
        LoginRequest leading = first;
        if (leading == null) {
            first = now;
            stage = now.currentStage();
            TargetSettings settings = environment.settings();
            connection.serials(
                    new CommandWindow(now.cmdSn(), settings.firstWindow(), settings.maxWindow()));
            connection.replies().statSn(now.expStatSn());
            if (now.versionMin() > 0) {
                throw new NegotiationException(
                        LoginStatus.UNSUPPORTED_VERSION, "version " + now.versionMin());
            }
            if (stage != SECURITY && stage != OPERATIONAL) {
                throw error("login begins in stage " + stage);
            }
            connection.id(now.connectionId());
            if (now.tsih() != 0 && environment.sessions().withHandle(now.tsih()).isEmpty()) {
                throw LoginIdentity.noSession(now);
            }
        } else if (now.currentStage() != stage
                || now.isid() != leading.isid()
                || now.tsih() != leading.tsih()
                || now.connectionId() != leading.connectionId()
                || now.initiatorTaskTag() != leading.initiatorTaskTag()) {
            throw error("login request of another stage, session or task");
        }
        if (now.transit() && now.continued()) {
            throw error("login request both final and continued");
        }
        if (++requests > MAX_REQUESTS) {
            throw error("login of more than " + MAX_REQUESTS + " requests");
        }
    }

    private void proceed(LoginRequest now, List<TextPair> pairs) throws NegotiationException {
        List<TextPair> answers = new ArrayList<>();
        LoginIdentity who = identity;
        if (who == null) {
            who = LoginIdentity.of(pairs, environment.directory());
            identity = who;
            who.join(environment.sessions(), now);
            environment.sessions().desk().loggingIn(connection, who.initiator(), now, pairs);
            negotiation.discovery(who.target().isEmpty());
            if (who.target().isPresent()) {
                introduce(who.target().get(), answers);
            }
            if (stage != SECURITY && !(who.rule() instanceof LoginRule.Open)) {
                throw new NegotiationException(
                        LoginStatus.AUTHENTICATION_FAILURE, who.initiator() + " has to use CHAP");
            }
        }
        Map<TextKey, String> security = new EnumMap<>(TextKey.class);
        answers.addAll(negotiation.receive(split(pairs, security)));
        if (stage == SECURITY) {
            answers.addAll(authenticate(who, security, now));
        } else if (!security.isEmpty()) {
            throw error("security keys in operational negotiation");
        } else if (!declared) {
            declared = true;
            answers.add(negotiation.propose(TextKey.MAX_RECV_DATA_SEGMENT_LENGTH));
        }
        boolean through = stage != SECURITY || who.rule() instanceof LoginRule.Open || proved();
        Optional<String> elsewhere = through ? elsewhere(who) : Optional.empty();
        if (elsewhere.isPresent()) {
            fail(
                    now,
                    LoginStatus.TARGET_MOVED_TEMPORARILY,
                    who.initiator() + " is sent to " + elsewhere.get(),
                    List.of(TextKey.TARGET_ADDRESS.with(elsewhere.get())));
            return;
        }
        boolean transit = now.transit() && through;
        if (transit && (now.nextStage() <= stage || now.nextStage() == 2)) {
            throw error("from stage " + stage + " to " + now.nextStage());
        }
        int length = TextPair.encode(answers).length;
        if (length > Connection.DEFAULT_SEGMENT) { // more than the initiator has to take in a login
            throw error("keys whose answers take " + length + " bytes");
        }
        if (transit && now.nextStage() == FULL_FEATURE) {
            complete(now, who, answers);
        } else {
            send(now, transit, answers, 0, LoginStatus.SUCCESS);
            stage = transit ? now.nextStage() : stage;
        }
    }

    private void introduce(TargetInfo info, List<TextPair> answers) throws NegotiationException {
        portal =
                Portals.of(info, connection.localAddress())
                        .orElseThrow(
                                () ->
                                        new NegotiationException(
                                                LoginStatus.NOT_FOUND,
                                                info.name() + " has no portal here"));
        answers.add(TextKey.TARGET_PORTAL_GROUP_TAG.with(groupTag()));
        if (!info.alias().isEmpty()) {
            answers.add(TextKey.TARGET_ALIAS.with(info.alias()));
        }
    }

    private int groupTag() {
        Portal by = portal;
        if (by == null) {
            throw new IllegalStateException("no portal");
        }
        return by.groupTag();
    }

    /** Takes the security keys out. */
    private static List<TextPair> split(List<TextPair> pairs, Map<TextKey, String> security)
            throws NegotiationException {
        List<TextPair> others = new ArrayList<>();
        for (TextPair pair : pairs) {
            TextKey key = TextKey.of(pair.key());
            boolean isSecurity =
                    key != null
                            && (key == TextKey.AUTH_METHOD || key.rule() == TextKey.Rule.SECURITY);
            if (key == null || !isSecurity) {
                others.add(pair);
            } else if (security.put(key, pair.value()) != null) {
                throw error(pair.key() + " sent twice");
            }
        }
        return others;
    }

    private List<TextPair> authenticate(
            LoginIdentity who, Map<TextKey, String> keys, LoginRequest now)
            throws NegotiationException {
        String methods = keys.remove(TextKey.AUTH_METHOD);
        if (!(who.rule() instanceof LoginRule.Chap rule)) {
            if (methods != null && !List.of(methods.split(",")).contains(TextPair.NONE)) {
                throw new NegotiationException(
                        LoginStatus.AUTHENTICATION_FAILURE,
                        who.initiator() + " wants " + methods + ", and its host has no CHAP");
            }
            return methods == null ? List.of() : List.of(TextKey.AUTH_METHOD.with(TextPair.NONE));
        }
        List<TextPair> answers = new ArrayList<>();
        ChapExchange exchange = chap;
        if (exchange == null) {
            boolean offered = methods != null && List.of(methods.split(",")).contains("CHAP");
            if (!offered && (methods != null || now.transit())) {
                throw new NegotiationException(
                        LoginStatus.AUTHENTICATION_FAILURE, who.initiator() + " has to use CHAP");
            }
            if (!offered) {
                return List.of();
            }
            exchange = new ChapExchange(rule.credentials());
            chap = exchange;
            answers.add(TextKey.AUTH_METHOD.with("CHAP"));
        }
        answers.addAll(exchange.receive(keys));
        return answers;
    }

    /** Only an initiator that has proved what it has to is sent away: others learn no address. */
    private Optional<String> elsewhere(LoginIdentity who) {
        return who.target()
                .flatMap(
                        info ->
                                Portals.elsewhere(
                                        environment.directory(),
                                        info,
                                        who.initiator(),
                                        connection.localAddress()));
    }

    private boolean proved() {
        return chap != null && chap.proved();
    }

    /** All is agreed: a discovery session begins at once, a normal one when its place is free. */
    private void complete(LoginRequest now, LoginIdentity who, List<TextPair> answers)
            throws NegotiationException {
        Optional<TargetInfo> target = who.target();
        if (target.isEmpty()) {
            environment.guard().discovery(1);
            enter(now, who, answers, null, 0xffff, () -> environment.guard().discovery(-1));
            return;
        }
        NexusId nexus = new NexusId(who.initiator(), now.isid(), target.get().name(), groupTag());
        SessionTable.Registered made =
                environment
                        .sessions()
                        .register(environment, nexus, connection)
                        .orElseThrow(
                                () ->
                                        new NegotiationException(
                                                LoginStatus.OUT_OF_RESOURCES,
                                                "too many sessions, of "
                                                        + who.initiator()
                                                        + " or of all"));
        Session opening = made.session();
        session = opening;
        busy = true;
        made.oldEnded()
                .thenRun(
                        () ->
                                Thread.ofVirtual()
                                        .name("session-open-" + opening.id())
                                        .start(() -> open(now, who, answers, opening)));
    }

    /** Not on the loop: the device server may have to load reservations. */
    private void open(
            LoginRequest now, LoginIdentity who, List<TextPair> answers, Session opening) {
        try {
            Nexus nexus = environment.server().open(opening.nexusId());
            connection.loop().execute(() -> opened(now, who, answers, opening, nexus));
        } catch (RuntimeException e) {
            LOG.error("{}: session cannot be opened", connection.peer(), e);
            connection
                    .loop()
                    .execute(
                            () -> {
                                opening.openFailed();
                                fail(now, LoginStatus.TARGET_ERROR, "fault of the target");
                            });
        }
    }

    private void opened(
            LoginRequest now,
            LoginIdentity who,
            List<TextPair> answers,
            Session opening,
            Nexus nexus) {
        SessionParameters agreed = negotiation.parameters();
        if (connection.isClosed()) {
            opening.terminate("connection closed during login", true);
        }
        if (!opening.open(nexus, agreed)) {
            return;
        }
        connection.reads(opening.commands().reads());
        LOG.info(
                "session {}: {} on {} from {}",
                opening.id(),
                who.initiator(),
                opening.nexusId().targetName(),
                connection.peer());
        enter(
                now,
                who,
                answers,
                opening,
                opening.tsih(),
                () -> opening.terminate("connection closed", true));
    }

    private void enter(
            LoginRequest now,
            LoginIdentity who,
            List<TextPair> answers,
            @Nullable Session opened,
            int tsih,
            Runnable whenClosed) {
        settle();
        environment.guard().succeeded(connection.peerAddress().getAddress());
        send(now, true, answers, tsih, LoginStatus.SUCCESS);
        SessionParameters agreed = negotiation.parameters();
        negotiation.fullFeature();
        connection.peerMaxSegment(agreed.peerMaxSegment());
        Discovery discovery =
                new Discovery(
                        environment.directory(),
                        who.initiator(),
                        who.target().map(TargetInfo::name),
                        connection.localAddress());
        TextPhase text =
                new TextPhase(
                        connection, negotiation, discovery, environment.settings().maxLoginText());
        connection.fullFeature(
                new FullFeaturePhase(environment, connection, opened, text, whenClosed),
                declared ? agreed.ownMaxSegment() : Connection.DEFAULT_SEGMENT,
                agreed.headerDigest(),
                agreed.dataDigest());
    }

    private void send(
            LoginRequest now,
            boolean transit,
            List<TextPair> answers,
            int tsih,
            LoginStatus status) {
        Replies replies = connection.replies();
        replies.write(
                new LoginResponse(
                        transit,
                        false,
                        now.currentStage(),
                        now.nextStage(),
                        0,
                        0,
                        now.isid(),
                        tsih == 0 ? now.tsih() : tsih,
                        now.initiatorTaskTag(),
                        replies.nextStatSn(),
                        connection.serials().expCmdSn(),
                        connection.serials().maxCmdSn(),
                        status.code()),
                Unpooled.wrappedBuffer(TextPair.encode(answers)));
    }

    private static NegotiationException error(String why) {
        return new NegotiationException(LoginStatus.INITIATOR_ERROR, why);
    }

    private void fail(LoginRequest now, LoginStatus status, String why) {
        fail(now, status, why, List.of());
    }

    private void fail(LoginRequest now, LoginStatus status, String why, List<TextPair> answers) {
        busy = true;
        LOG.info("{}: login refused, {}: {}", connection.peer(), status, why);
        long delay =
                environment
                        .guard()
                        .failed(connection.peerAddress().getAddress(), status)
                        .toMillis();
        Runnable refuse =
                () -> {
                    send(now, false, answers, 0, status);
                    connection.closeAfterReplies();
                };
        if (delay == 0) {
            refuse.run();
        } else {
            connection.loop().schedule(refuse, delay);
        }
    }

    private void settle() {
        if (!settled) {
            settled = true;
            deadline.cancel(false);
            environment.guard().settled(connection.peerAddress().getAddress());
        }
    }

    @Override
    public void damaged() throws MalformedPduException {
        throw new MalformedPduException("digests are not in use in a login");
    }

    @Override
    public boolean stalled(long nanos) {
        return false; // the deadline sees to it
    }

    @Override
    public void closed() {
        settle();
        Session opening = session;
        if (opening != null) {
            opening.terminate("connection closed during login", true);
        }
    }
}
