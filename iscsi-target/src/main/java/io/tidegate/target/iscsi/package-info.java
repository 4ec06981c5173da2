/**
 * iSCSI connections, login, sessions and the data path between the network and the device server
 * (RFC 7143).
 *
 * <p>A connection stays on one event loop for life, and everything of its session is touched on
 * that loop only: PDUs are parsed, cached reads answered and replies gathered there. What may block
 * goes to the I/O workers and comes back in batches. At the end of each turn of a loop its
 * connections are flushed once.
 *
 * <p>Knows the device server by its contract, and logical units by the directory; knows no CDBs, no
 * pools and no catalog.
 */
@NullMarked
package io.tidegate.target.iscsi;

import org.jspecify.annotations.NullMarked;
