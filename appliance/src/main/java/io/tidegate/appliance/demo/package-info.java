/**
 * The demonstration: the main job on a throw-away appliance, driven from outside like any
 * administrator (SSH) and any host (iSCSI) would, with each fact measured.
 */
@NullMarked
package io.tidegate.appliance.demo;

import org.jspecify.annotations.NullMarked;
