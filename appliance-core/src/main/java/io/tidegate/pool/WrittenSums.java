package io.tidegate.pool;

import org.jspecify.annotations.Nullable;

/**
 * Checksums of grains as they were when they were written, for whoever seals them later: what
 * happens to a grain on the way in between is noticed. A table of fixed size by address in which
 * the newest wins; an entry that is gone costs a read at the sealing and the notice.
 *
 * <p>An entry lives as its address does: it is made after a grain was written out of place, under
 * the range lock, it goes before the grain is overwritten in place, and it goes when the grain is
 * freed. So it is right no matter through which volume the grain is found.
 */
final class WrittenSums {

    private static final int STRIPE_SHIFT = 10;
    private static final int STRIPE_ENTRIES = 1 << STRIPE_SHIFT;
    private static final int MOST_STRIPES = 256;

    /**
     * Entries of each stripe: a look at this small table spares most writes in place a look at the
     * large ones. Changed under the stripe's lock.
     */
    private final int[] entries = new int[MOST_STRIPES];

    private final class Stripe {
        private final int number;
        private long @Nullable [] addresses;
        private int[] sums = new int[0];

        Stripe(int number) {
            this.number = number;
        }

        synchronized void put(int i, long address, int sum) {
            long[] present = addresses;
            if (present == null) {
                present = new long[STRIPE_ENTRIES];
                addresses = present;
                sums = new int[STRIPE_ENTRIES];
            }
            if (present[i] == 0) {
                entries[number]++;
            }
            present[i] = address;
            sums[i] = sum;
        }

        /**
         * Looks without the lock first: whoever drops a grain holds its range lock, or is the
         * writer of the log, and so comes after whoever put it.
         */
        void drop(int i, long address) {
            long[] present = addresses;
            if (present != null && present[i] == address) {
                dropLocked(i, address);
            }
        }

        private synchronized void dropLocked(int i, long address) {
            if (addresses != null && addresses[i] == address) {
                addresses[i] = 0;
                entries[number]--;
            }
        }

        synchronized long get(int i, long address) {
            return addresses != null && addresses[i] == address
                    ? Integer.toUnsignedLong(sums[i])
                    : Seals.UNCHECKED;
        }
    }

    private final int grainPageShift;
    private final Stripe[] stripes = new Stripe[MOST_STRIPES];

    WrittenSums(Layout layout) {
        grainPageShift = layout.grainPageShift();
        for (int i = 0; i < stripes.length; i++) {
            stripes[i] = new Stripe(i);
        }
    }

    private int number(long address) {
        return (int) (address >>> grainPageShift + STRIPE_SHIFT) & MOST_STRIPES - 1;
    }

    private Stripe stripe(long address) {
        return stripes[number(address)];
    }

    private int index(long address) {
        return (int) (address >>> grainPageShift) & STRIPE_ENTRIES - 1;
    }

    /** A grain was written out of place. */
    void put(long address, int sum) {
        stripe(address).put(index(address), address, sum);
    }

    /** A grain is about to change, or was freed, or needs no entry any more. */
    void drop(long address) {
        if (entries[number(address)] > 0) {
            stripe(address).drop(index(address), address);
        }
    }

    /** The sum of a grain, or {@link Seals#UNCHECKED}. */
    long get(long address) {
        return stripe(address).get(index(address), address);
    }
}
