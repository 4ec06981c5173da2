package io.tidegate.pool;

import io.tidegate.volume.BookmarkId;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;

/** What a volume must hold: one number for each sector, 0 for zeroes. */
@NullUnmarked
final class ModelVolume {

    /** A point in time. */
    static final class Point {
        final SnapshotId id;
        final int[] content;
        ModelVolume volume;
        int clones;

        Point(SnapshotId id, int[] content, ModelVolume volume) {
            this.id = id;
            this.content = content;
            this.volume = volume;
        }
    }

    /** A bookmark keeps its content here only. */
    record Mark(BookmarkId id, int[] content, int order) {}

    final VolumeId id;
    int[] now;

    /** No write of it may ever fail for want of space. */
    boolean reserved;

    final List<Point> points = new ArrayList<>();
    final Map<BookmarkId, Mark> marks = new LinkedHashMap<>();
    @Nullable Point origin;
    @Nullable VolumeDevice device;

    /** What a sector may hold besides its present number, if power is lost now. */
    final Map<Integer, Set<Integer>> unflushed = new HashMap<>();

    /** Sectors that the act under way writes. */
    final Set<Integer> lastAct = new HashSet<>();

    ModelVolume(VolumeId id, int[] now) {
        this.id = id;
        this.now = now;
    }

    void put(int sector, int value) {
        unflushed.computeIfAbsent(sector, s -> new HashSet<>()).add(now[sector]);
        lastAct.add(sector);
        now[sector] = value;
    }

    /** Everything written so far is durable. */
    void flushed() {
        unflushed.clear();
    }

    boolean mayHold(int sector, int value) {
        Set<Integer> others = unflushed.get(sector);
        return value == now[sector] || others != null && others.contains(value);
    }
}
