package io.tidegate.volume;

import java.util.UUID;

/** What is left of a snapshot for differences. */
public record BookmarkId(UUID value) {

    public static BookmarkId random() {
        return new BookmarkId(UUID.randomUUID());
    }

    public static BookmarkId of(String text) {
        return new BookmarkId(UUID.fromString(text));
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
