package io.tidegate.pool;

import io.tidegate.volume.BookmarkId;

/** An instant of a volume, without data. */
final class Bookmark {

    final BookmarkId id;
    final int epoch;
    volatile Volume volume;

    Bookmark(BookmarkId id, Volume volume, int epoch) {
        this.id = id;
        this.volume = volume;
        this.epoch = epoch;
    }
}
