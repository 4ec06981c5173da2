package io.tidegate.volume;

import java.util.UUID;

/** A snapshot, in its store and in the catalog. */
public record SnapshotId(UUID value) {

    public static SnapshotId random() {
        return new SnapshotId(UUID.randomUUID());
    }

    public static SnapshotId of(String text) {
        return new SnapshotId(UUID.fromString(text));
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
