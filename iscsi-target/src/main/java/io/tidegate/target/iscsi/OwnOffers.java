package io.tidegate.target.iscsi;

import io.tidegate.iscsi.wire.TextKey;
import java.util.EnumMap;
import java.util.Map;

/** What this target wants or takes of the operational keys (RFC 7143, 13). */
final class OwnOffers {

    private OwnOffers() {}

    /**
     * One connection in a session and error recovery level 0 are the defaults that stand for keys
     * that are not here. Nothing is retained for a session whose connection is lost.
     */
    static Map<TextKey, String> of(TargetSettings settings) {
        Map<TextKey, String> ours = new EnumMap<>(TextKey.class);
        String digests = settings.digests() ? "CRC32C,None" : "None";
        ours.put(TextKey.HEADER_DIGEST, digests);
        ours.put(TextKey.DATA_DIGEST, digests);
        ours.put(TextKey.INITIAL_R2T, "No");
        ours.put(TextKey.IMMEDIATE_DATA, "Yes");
        ours.put(
                TextKey.MAX_RECV_DATA_SEGMENT_LENGTH,
                Integer.toString(settings.maxReceiveSegment()));
        ours.put(TextKey.MAX_BURST_LENGTH, Integer.toString(settings.maxBurst()));
        ours.put(TextKey.FIRST_BURST_LENGTH, Integer.toString(settings.firstBurst()));
        ours.put(TextKey.MAX_OUTSTANDING_R2T, Integer.toString(settings.outstandingR2t()));
        ours.put(TextKey.DEFAULT_TIME2RETAIN, "0");
        return ours;
    }
}
