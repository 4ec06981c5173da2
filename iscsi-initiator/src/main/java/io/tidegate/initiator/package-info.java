/**
 * Our iSCSI initiator (RFC 7143): sessions of one connection at error recovery level 0, discovery,
 * CHAP both ways, digests, and a remote LUN as a block device.
 *
 * <pre>
 *   caller -> Session -> (queue) -> Connection on its event loop -> socket
 *                                     LoginExchange, then Tasks and DataSender
 * </pre>
 *
 * <p>Whatever comes from the wire is limited and checked: a target that lies loses its connection
 * and nothing else. Knows devices and the wire; knows nothing of pools, arrays or our own target.
 */
@NullMarked
package io.tidegate.initiator;

import org.jspecify.annotations.NullMarked;
