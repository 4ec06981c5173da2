package io.tidegate.volume;

import java.util.UUID;

/** A pool, for life. */
public record PoolId(UUID value) {

    public static PoolId random() {
        return new PoolId(UUID.randomUUID());
    }

    public static PoolId of(String text) {
        return new PoolId(UUID.fromString(text));
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
