/**
 * Boot settings: one YAML file, overridden by the command line. Objects that administrators make
 * live in the catalog, not here.
 */
@NullMarked
package io.tidegate.appliance.settings;

import org.jspecify.annotations.NullMarked;
