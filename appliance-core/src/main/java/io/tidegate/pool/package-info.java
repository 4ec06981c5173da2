/**
 * The pool: a store of volumes with snapshots over ordinary files, in user space.
 *
 * <p>A persistent (path-copying) radix map per volume, redirect on write above a horizon, birth
 * epochs, dead-lists, a write-ahead log and exact checkpoints. docs/pool-format.md describes what
 * lies on disk, byte by byte; the classes here say which ordering rule each step keeps.
 *
 * <p>Knows the device and store contracts; must not know the catalog, names, SCSI or networks.
 */
@NullMarked
package io.tidegate.pool;

import org.jspecify.annotations.NullMarked;
