/** SCSI commands, parameter lists, sense and pages, bytes to values and back (SAM, SPC, SBC). */
@NullMarked
package io.tidegate.scsi;

import org.jspecify.annotations.NullMarked;
