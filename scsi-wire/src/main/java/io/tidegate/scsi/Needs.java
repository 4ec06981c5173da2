package io.tidegate.scsi;

/** What a command needs of its unit. */
public enum Needs {
    /** Answered always, also by a unit that is held or has no medium. */
    NOTHING,
    /** Needs a unit that is not held and has its medium, but does not touch it. */
    READY,
    /** Touches the medium: waits at the unit's gate. */
    MEDIUM,
    /** Changes the medium: as {@link #MEDIUM}, and refused by a write-protected unit. */
    WRITABLE
}
