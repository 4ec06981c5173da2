package io.tidegate.pool;

/** Grains and nodes that a command has set aside; what it does not take goes back. */
final class SpaceClaim {

    /** What the space map says to a claim. */
    enum Answer {
        GRANTED,
        /** Not now, but claims or freed grains are under way that may give room. */
        LATER,
        REFUSED
    }

    final Budget budget;
    final int nodes;

    /** Grains not taken yet; guarded by the space map. */
    int grains;

    SpaceClaim(Budget budget, int grains, int nodes) {
        this.budget = budget;
        this.grains = grains;
        this.nodes = nodes;
    }
}
