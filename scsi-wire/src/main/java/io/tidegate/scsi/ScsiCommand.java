package io.tidegate.scsi;

/**
 * A parsed CDB. Every implementation belongs to one of the sealed families; {@link Operation} says
 * which parser makes which.
 */
public interface ScsiCommand {}
