package io.tidegate.target.device;

/** Task management that clears more than one nexus's state (SAM-5, 7). */
public enum ResetKind {
    /** LOGICAL UNIT RESET. */
    LUN,
    /** iSCSI TARGET WARM RESET: every unit of the target. */
    TARGET_WARM,
    /** iSCSI TARGET COLD RESET: as warm; the transport then closes the sessions. */
    TARGET_COLD,
    /** CLEAR TASK SET: the tasks of all nexuses, no other state. */
    CLEAR_TASK_SET
}
