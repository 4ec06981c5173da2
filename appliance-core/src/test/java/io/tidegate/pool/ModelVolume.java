package io.tidegate.pool;

import io.tidegate.volume.BookmarkId;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    /** By sector: what it may hold besides its present number, if power is lost now. */
    private final int[][] others;

    private final BitSet unflushed = new BitSet();

    /** Sectors that the act under way writes. */
    private final BitSet lastAct = new BitSet();

    ModelVolume(VolumeId id, int[] now) {
        this.id = id;
        this.now = now;
        this.others = new int[now.length][];
    }

    void put(int sector, int value) {
        int[] before = others[sector];
        int n = before == null ? 0 : before.length;
        int[] more = before == null ? new int[1] : Arrays.copyOf(before, n + 1);
        more[n] = now[sector];
        others[sector] = more;
        unflushed.set(sector);
        lastAct.set(sector);
        now[sector] = value;
    }

    void beginAct() {
        lastAct.clear();
    }

    /** Whether the act under way writes a sector. */
    boolean inLastAct(int sector) {
        return lastAct.get(sector);
    }

    /** Everything written so far is durable. */
    void flushed() {
        for (int s = unflushed.nextSetBit(0); s >= 0; s = unflushed.nextSetBit(s + 1)) {
            others[s] = null;
        }
        unflushed.clear();
    }

    /** What was written before the last act was answered, so it is not in question. */
    void onlyTheLastActIsOpen() {
        for (int s = unflushed.nextSetBit(0); s >= 0; s = unflushed.nextSetBit(s + 1)) {
            if (!lastAct.get(s)) {
                others[s] = null;
                unflushed.clear(s);
            }
        }
    }

    boolean mayHold(int sector, int value) {
        if (value == now[sector]) {
            return true;
        }
        int[] open = others[sector];
        for (int i = 0; open != null && i < open.length; i++) {
            if (open[i] == value) {
                return true;
            }
        }
        return false;
    }

    /** For messages. */
    String expected(int sector) {
        int[] open = others[sector];
        return now[sector] + (open == null ? "" : " or one of " + Arrays.toString(open));
    }
}
