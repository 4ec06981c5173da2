package io.tidegate.scsi;

/** What a reservation of another nexus does to a command (SPC-5, 5.14.3; SBC-4, 4.17). */
public enum Conflict {
    /** Answered under every reservation, RESERVE(6) included. */
    NEVER,
    /** Answered under every persistent reservation, refused under RESERVE(6). */
    LEGACY_ONLY,
    /** Refused under exclusive access, allowed under write exclusive. */
    READ,
    /** Refused under every reservation of another. */
    WRITE,
    /** RESERVE and RELEASE of either length: decided by the commands themselves. */
    RESERVE,
    /** PERSISTENT RESERVE OUT: the keys decide. */
    PERSISTENT
}
