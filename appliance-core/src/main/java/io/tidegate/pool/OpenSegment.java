package io.tidegate.pool;

/**
 * Where a volume (or the nodes) takes its next units, so that what is written in a row lies in a
 * row. Used under the space map's lock.
 */
final class OpenSegment {
    int segment = -1;
    int next;

    /** The data file that a copy's units are to lie in while it has room; -1: any. */
    int copyFile = -1;
}
