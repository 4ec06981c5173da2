/**
 * Persistent reservations of one logical unit as values (SPC-5, 5.14): who is registered, who holds
 * what, which commands that lets through, and what PERSISTENT RESERVE OUT makes of it.
 *
 * <p>Everything here is pure: no locks, no storage, no sessions. Those who keep the state apply an
 * outcome, store it and tell the nexuses it names.
 */
@NullMarked
package io.tidegate.target.reservation;

import org.jspecify.annotations.NullMarked;
