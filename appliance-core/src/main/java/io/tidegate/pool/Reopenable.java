package io.tidegate.pool;

/** A handle that outlives the opening of the pool that it was made in. */
interface Reopenable {

    /** Lets go of the opening; calls fail until {@link #stand}. */
    void lift();

    /** Takes its place in a new opening, or stays without one if what it is about is gone. */
    void stand(PoolCore core);
}
