package io.tidegate.pool;

/** Grains that are never overwritten in place, however young they are (rules W3b and W3c). */
final class Pins {

    private final ShareTable shares;
    private final Seals seals;
    private final Rules rules;

    Pins(ShareTable shares, Seals seals, Rules rules) {
        this.shares = shares;
        this.seals = seals;
        this.rules = rules;
    }

    boolean pinned(long address) {
        return (shares.held(address) && rules.sharedGrainsAreKept()) || seals.pins(address);
    }
}
