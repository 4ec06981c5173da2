package io.tidegate.shell;

/** What a command demands of who calls it. */
public enum Access {
    /** Anyone who is logged in: help, own password and keys. */
    EVERYONE,
    /** Looks at data objects: reader, operator, admin. */
    READ,
    /** Daily work: operator, admin. */
    OPERATE,
    /** Sets up and takes down: admin. */
    ADMINISTER,
    /** Users, keys, audit; apart from the others: security. */
    SECURE
}
