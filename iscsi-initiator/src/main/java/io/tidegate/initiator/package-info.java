/** The iSCSI initiator: a remote LUN as a block device. */
@NullMarked
package io.tidegate.initiator;

import org.jspecify.annotations.NullMarked;
