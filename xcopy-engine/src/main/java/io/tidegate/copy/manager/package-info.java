/**
 * Runs EXTENDED COPY as scsi-wire parsed it, and keeps its results (SPC-4, clauses 5.17, 6.3 to 6.5
 * and 6.22 to 6.25).
 *
 * <p>Finds the logical units that a list names among those its nexus sees, checks the whole list
 * before any byte moves, asks for the right to each piece again, and ends a copy when its nexus
 * loses that right. Below it, {@code io.tidegate.copy.mover} moves the bytes. It knows nothing of
 * sessions, transports or CDB dispatch: those come to it through {@link
 * io.tidegate.copy.manager.CopyNexus}.
 */
@NullMarked
package io.tidegate.copy.manager;

import org.jspecify.annotations.NullMarked;
