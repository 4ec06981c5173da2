/**
 * iSCSI on the wire (RFC 7143): PDUs as values with their parse and write, the frame decoder with
 * digests, negotiation text and its rules, CHAP arithmetic and names. Serves both ends of a
 * connection.
 *
 * <p>Bytes to values and back. Knows no sockets, sessions, devices or clocks; nothing here acts.
 */
@NullMarked
package io.tidegate.iscsi.wire;

import org.jspecify.annotations.NullMarked;
