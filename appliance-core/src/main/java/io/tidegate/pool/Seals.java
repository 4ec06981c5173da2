package io.tidegate.pool;

/** Checksums of data grains that cannot change any more. */
final class Seals {

    /** Whether a checksum vouches for a grain. */
    boolean checked(long address) {
        return false;
    }
}
