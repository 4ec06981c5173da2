/** Moves extents from device to device. */
@NullMarked
package io.tidegate.copy.mover;

import org.jspecify.annotations.NullMarked;
