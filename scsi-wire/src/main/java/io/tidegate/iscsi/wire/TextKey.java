package io.tidegate.iscsi.wire;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The keys of login and text negotiation with their rules (RFC 7143, 13; RFC 7144, 7.1). Keys that
 * RFC 7143 has made obsolete are here too, since they must not be answered as unknown (13.25).
 */
public enum TextKey {
    AUTH_METHOD("AuthMethod", Rule.LIST, "None"),
    CHAP_A("CHAP_A", Rule.SECURITY, ""),
    CHAP_I("CHAP_I", Rule.SECURITY, ""),
    CHAP_C("CHAP_C", Rule.SECURITY, ""),
    CHAP_N("CHAP_N", Rule.SECURITY, ""),
    CHAP_R("CHAP_R", Rule.SECURITY, ""),
    HEADER_DIGEST("HeaderDigest", Rule.LIST, "None"),
    DATA_DIGEST("DataDigest", Rule.LIST, "None"),
    MAX_CONNECTIONS("MaxConnections", Rule.MINIMUM, "1", 1, 65535),
    SEND_TARGETS("SendTargets", Rule.COMMAND, ""),
    TARGET_NAME("TargetName", Rule.DECLARED, ""),
    INITIATOR_NAME("InitiatorName", Rule.DECLARED, ""),
    TARGET_ALIAS("TargetAlias", Rule.DECLARED, ""),
    INITIATOR_ALIAS("InitiatorAlias", Rule.DECLARED, ""),
    TARGET_ADDRESS("TargetAddress", Rule.DECLARED, ""),
    TARGET_PORTAL_GROUP_TAG("TargetPortalGroupTag", Rule.DECLARED_NUMBER, "0", 0, 65535),
    SESSION_TYPE("SessionType", Rule.DECLARED, "Normal"),
    INITIAL_R2T("InitialR2T", Rule.OR, "Yes"),
    IMMEDIATE_DATA("ImmediateData", Rule.AND, "Yes"),
    MAX_RECV_DATA_SEGMENT_LENGTH(
            "MaxRecvDataSegmentLength", Rule.DECLARED_NUMBER, "8192", 512, 0xffffff),
    MAX_BURST_LENGTH("MaxBurstLength", Rule.MINIMUM, "262144", 512, 0xffffff),
    FIRST_BURST_LENGTH("FirstBurstLength", Rule.MINIMUM, "65536", 512, 0xffffff),
    DEFAULT_TIME2WAIT("DefaultTime2Wait", Rule.MAXIMUM, "2", 0, 3600),
    DEFAULT_TIME2RETAIN("DefaultTime2Retain", Rule.MINIMUM, "20", 0, 3600),
    MAX_OUTSTANDING_R2T("MaxOutstandingR2T", Rule.MINIMUM, "1", 1, 65535),
    DATA_PDU_IN_ORDER("DataPDUInOrder", Rule.OR, "Yes"),
    DATA_SEQUENCE_IN_ORDER("DataSequenceInOrder", Rule.OR, "Yes"),
    ERROR_RECOVERY_LEVEL("ErrorRecoveryLevel", Rule.MINIMUM, "0", 0, 2),
    TASK_REPORTING("TaskReporting", Rule.LIST, "RFC3720"),
    PROTOCOL_LEVEL("iSCSIProtocolLevel", Rule.MINIMUM, "1", 0, 31),
    IF_MARKER("IFMarker", Rule.OBSOLETE, "No"),
    OF_MARKER("OFMarker", Rule.OBSOLETE, "No"),
    IF_MARK_INT("IFMarkInt", Rule.OBSOLETE, TextPair.REJECT),
    OF_MARK_INT("OFMarkInt", Rule.OBSOLETE, TextPair.REJECT);

    /** How two sides come to one value. */
    public enum Rule {
        /** The first of the offered values that the other side takes. */
        LIST,
        /** Yes only when both say Yes. */
        AND,
        /** Yes when either says Yes. */
        OR,
        /** The smaller number. */
        MINIMUM,
        /** The larger number. */
        MAXIMUM,
        /** Each side says its own; no answer. */
        DECLARED,
        /** The same, with a range. */
        DECLARED_NUMBER,
        /** Part of an authentication method: not negotiated by these rules. */
        SECURITY,
        /** A question, in full feature phase only. */
        COMMAND,
        /** Always answered with the default. */
        OBSOLETE
    }

    private static final Map<String, TextKey> BY_NAME = new HashMap<>();

    static {
        for (TextKey key : values()) {
            BY_NAME.put(key.text, key);
        }
    }

    private final String text;
    private final Rule rule;
    private final String initial;
    private final int least;
    private final int most;

    TextKey(String text, Rule rule, String initial) {
        this(text, rule, initial, 0, 0);
    }

    TextKey(String text, Rule rule, String initial, int least, int most) {
        this.text = text;
        this.rule = rule;
        this.initial = initial;
        this.least = least;
        this.most = most;
    }

    /** The key's name on the wire, which is case-sensitive; null when it is none of these. */
    public static @Nullable TextKey of(String name) {
        return BY_NAME.get(name);
    }

    public String text() {
        return text;
    }

    public Rule rule() {
        return rule;
    }

    /** The value that holds when the key was not negotiated. */
    public String initial() {
        return initial;
    }

    /** This key with a value. */
    public TextPair with(String value) {
        return new TextPair(text, value);
    }

    public TextPair with(long value) {
        return new TextPair(text, Long.toString(value));
    }

    boolean inRange(long value) {
        return value >= least && value <= most;
    }

    /** Whether a discovery session has no use for it (RFC 7143, 13: "Irrelevant when"). */
    boolean irrelevantToDiscovery() {
        return switch (this) {
            case MAX_CONNECTIONS,
                    INITIAL_R2T,
                    IMMEDIATE_DATA,
                    MAX_BURST_LENGTH,
                    FIRST_BURST_LENGTH,
                    MAX_OUTSTANDING_R2T,
                    DATA_PDU_IN_ORDER,
                    DATA_SEQUENCE_IN_ORDER,
                    TASK_REPORTING ->
                    true;
            default -> false;
        };
    }

    /** Whether it may be negotiated again, or declared again, in full feature phase. */
    boolean inFullFeature() {
        return switch (this) {
            case MAX_RECV_DATA_SEGMENT_LENGTH, TARGET_ALIAS, INITIATOR_ALIAS, SEND_TARGETS -> true;
            default -> false;
        };
    }
}
