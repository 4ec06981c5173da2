package io.tidegate.target.iscsi;

import io.tidegate.iscsi.wire.InitiatorPdu.LoginRequest;
import io.tidegate.iscsi.wire.IscsiName;
import io.tidegate.iscsi.wire.LoginStatus;
import io.tidegate.iscsi.wire.NegotiationException;
import io.tidegate.iscsi.wire.TextKey;
import io.tidegate.iscsi.wire.TextPair;
import io.tidegate.presentation.LoginRule;
import io.tidegate.presentation.LunDirectory;
import io.tidegate.presentation.TargetInfo;
import io.tidegate.target.device.NexusId;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who logs in to what, and what has to be proved for it.
 *
 * @param target empty in a discovery session
 */
record LoginIdentity(String initiator, Optional<TargetInfo> target, LoginRule rule) {

    /** Reads the leading text of a login and asks the directory. */
    static LoginIdentity of(List<TextPair> pairs, LunDirectory directory)
            throws NegotiationException {
        String initiator = name(pairs, TextKey.INITIATOR_NAME);
        String type = value(pairs, TextKey.SESSION_TYPE);
        Optional<TargetInfo> target = Optional.empty();
        if (type == null || type.equals("Normal")) {
            String name = name(pairs, TextKey.TARGET_NAME);
            target = directory.target(name);
            if (target.isEmpty()) {
                throw new NegotiationException(
                        LoginStatus.NOT_FOUND, initiator + ": there is no target " + name);
            }
        } else if (!type.equals("Discovery")) {
            throw new NegotiationException(
                    LoginStatus.SESSION_TYPE_NOT_SUPPORTED, "session type " + type);
        }
        LoginRule rule = directory.loginRule(target.map(TargetInfo::name), initiator);
        if (rule instanceof LoginRule.Refused refused) {
            throw new NegotiationException(
                    LoginStatus.AUTHORIZATION_FAILURE, initiator + ": " + refused.reason());
        }
        return new LoginIdentity(initiator, target, rule);
    }

    /**
     * Refuses a connection for a session that there is: it stays as it is. One connection was
     * agreed on, and without recovery within a connection (error recovery level 0) a new one cannot
     * take the place of the old; a login without a handle reinstates the whole session.
     */
    void join(SessionTable sessions, LoginRequest now) throws NegotiationException {
        if (now.tsih() == 0) {
            return;
        }
        Session there = sessions.withHandle(now.tsih()).orElse(null);
        if (there == null || !owns(there.nexusId(), now.isid())) {
            throw noSession(now);
        }
        boolean same = there.connection().id() == now.connectionId();
        throw new NegotiationException(
                same ? LoginStatus.CANT_INCLUDE_IN_SESSION : LoginStatus.TOO_MANY_CONNECTIONS,
                "session " + there.id() + " has its one connection");
    }

    private boolean owns(NexusId nexus, long isid) {
        return nexus.isid() == isid
                && nexus.initiatorName().equals(initiator)
                && target.filter(info -> info.name().equals(nexus.targetName())).isPresent();
    }

    static NegotiationException noSession(LoginRequest now) {
        return new NegotiationException(
                LoginStatus.SESSION_DOES_NOT_EXIST, "session handle " + now.tsih());
    }

    private static String name(List<TextPair> pairs, TextKey key) throws NegotiationException {
        String text = value(pairs, key);
        if (text == null) {
            throw new NegotiationException(
                    LoginStatus.MISSING_PARAMETER, key.text() + " is missing");
        }
        return IscsiName.normalise(text)
                .orElseThrow(
                        () ->
                                new NegotiationException(
                                        LoginStatus.INITIATOR_ERROR,
                                        key.text() + " is no iSCSI name"));
    }

    private static @Nullable String value(List<TextPair> pairs, TextKey key) {
        for (TextPair pair : pairs) {
            if (pair.key().equals(key.text())) {
                return pair.value();
            }
        }
        return null;
    }
}
