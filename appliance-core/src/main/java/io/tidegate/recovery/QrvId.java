package io.tidegate.recovery;

import java.util.UUID;

/** A quick recovery volume as a thing of the catalog; the volume behind it has an id of its own. */
public record QrvId(UUID value) {

    public static QrvId random() {
        return new QrvId(UUID.randomUUID());
    }

    public static QrvId of(String text) {
        return new QrvId(UUID.fromString(text));
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
