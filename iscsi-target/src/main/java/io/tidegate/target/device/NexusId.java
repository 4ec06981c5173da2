package io.tidegate.target.device;

import java.util.Locale;

/**
 * An I_T nexus: an initiator port and a target port (RFC 7143, 4.4.3).
 *
 * @param initiatorName normalised iSCSI name
 * @param isid 48 bits
 * @param targetName normalised iSCSI name
 * @param portalGroupTag 1 to 65535
 */
public record NexusId(String initiatorName, long isid, String targetName, int portalGroupTag) {

    public NexusId {
        if (isid >>> 48 != 0) {
            throw new IllegalArgumentException("ISID " + Long.toHexString(isid));
        }
        if (portalGroupTag < 1 || portalGroupTag > 65535) {
            throw new IllegalArgumentException("portal group tag " + portalGroupTag);
        }
    }

    /** Name and ISID as SCSI writes an initiator port: {@code iqn...,i,0x0123456789ab}. */
    public String initiatorPort() {
        return initiatorName + ",i,0x" + String.format(Locale.ROOT, "%012x", isid);
    }

    /** Name and tag as SCSI writes a target port: {@code iqn...,t,0x0001}. */
    public String targetPort() {
        return targetPort(portalGroupTag);
    }

    /** Another port of the same target. */
    String targetPort(int tag) {
        return targetName + ",t,0x" + String.format(Locale.ROOT, "%04x", tag);
    }

    @Override
    public String toString() {
        return initiatorPort() + " -> " + targetPort();
    }
}
