/** How fast bytes go from device to device. */
@NullMarked
package io.tidegate.bench.copy;

import org.jspecify.annotations.NullMarked;
