/**
 * Third-party copy on the wire: the parameter lists of EXTENDED COPY, the answers of RECEIVE COPY
 * RESULTS, and the third-party copy VPD page, bytes to values and back (SPC-4, clauses 6.3 to 6.5,
 * 6.22 to 6.25 and 7.8.17; SPC-5 for the names).
 *
 * <p>Knows layouts and what makes a list malformed; knows nothing of logical units, hosts or of how
 * bytes are moved.
 */
@NullMarked
package io.tidegate.scsi.copy;

import org.jspecify.annotations.NullMarked;
