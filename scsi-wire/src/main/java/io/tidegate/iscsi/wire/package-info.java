/** iSCSI PDUs and negotiation text, bytes to values and back (RFC 7143). */
@NullMarked
package io.tidegate.iscsi.wire;

import org.jspecify.annotations.NullMarked;
