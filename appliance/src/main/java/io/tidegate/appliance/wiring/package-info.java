/**
 * Puts the parts of the house together, by hand: one class for each concern. No rule of the product
 * is made here.
 */
@NullMarked
package io.tidegate.appliance.wiring;

import org.jspecify.annotations.NullMarked;
