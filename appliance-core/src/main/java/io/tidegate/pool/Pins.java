package io.tidegate.pool;

/** Grains that are never overwritten in place, however young they are (rules W3b and W3c). */
final class Pins {

    private final ShareTable shares;
    private final Seals seals;

    Pins(ShareTable shares, Seals seals) {
        this.shares = shares;
        this.seals = seals;
    }

    boolean pinned(long address) {
        return shares.held(address) || seals.pins(address);
    }
}
