/** Runs EXTENDED COPY as scsi-wire parsed it, and keeps its status. */
@NullMarked
package io.tidegate.copy.manager;

import org.jspecify.annotations.NullMarked;
