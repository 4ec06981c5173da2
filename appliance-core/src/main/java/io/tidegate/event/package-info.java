/**
 * What happened that somebody may have to look at: a short log in the catalog, and the port to
 * whoever carries events out of the house.
 */
@NullMarked
package io.tidegate.event;

import org.jspecify.annotations.NullMarked;
