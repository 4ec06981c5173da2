/** The main program and its wiring. */
@NullMarked
package io.tidegate.appliance;

import org.jspecify.annotations.NullMarked;
