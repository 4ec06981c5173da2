package io.tidegate.target.reservation;

/**
 * An I_T nexus as reservations know it.
 *
 * @param initiatorName iSCSI name
 * @param isid 48 bits
 * @param targetPort iSCSI name, comma, "t", comma, portal group tag
 * @param relativePort relative target port identifier
 */
public record Registrant(String initiatorName, long isid, String targetPort, int relativePort) {}
