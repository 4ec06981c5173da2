/**
 * The device contract and the devices that keep it: file, memory, fault, delay.
 *
 * <p>Everything that holds blocks, from a pool volume to a remote LUN, is a {@link
 * io.tidegate.block.BlockDevice}; devices stack. Abilities that not every device has are small
 * interfaces beside it. This package knows nothing of pools, volumes, SCSI or networks.
 */
@NullMarked
package io.tidegate.block;

import org.jspecify.annotations.NullMarked;
