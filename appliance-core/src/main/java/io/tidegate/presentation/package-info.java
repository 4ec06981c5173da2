/**
 * What hosts see: logical units, hosts, targets and the LUN maps between them, with the gate that
 * every command of a host passes, and the ports through which the target keeps what must outlive a
 * restart.
 *
 * <p>Knows volumes as devices only; knows nothing of iSCSI PDUs or CDBs.
 */
@NullMarked
package io.tidegate.presentation;

import org.jspecify.annotations.NullMarked;
