/**
 * The SCSI device server: takes commands of a nexus, checks them against the command table,
 * attentions, reservations and the unit's state, and says what is to be done (SAM-5, SPC-5, SBC-4).
 *
 * <p>Knows logical units through {@code io.tidegate.presentation} and devices through {@code
 * io.tidegate.block}; knows nothing of PDUs, connections, buffers of the transport or pools. The
 * transport calls {@link io.tidegate.target.device.DeviceServer}, and gives it a {@link
 * io.tidegate.target.device.TaskControl}.
 */
@NullMarked
package io.tidegate.target.device;

import org.jspecify.annotations.NullMarked;
