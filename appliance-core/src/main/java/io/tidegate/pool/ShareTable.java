package io.tidegate.pool;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Extra references to grains, by runs of addresses: the one truth about sharing. A grain that is
 * not in the table has one owner, a grain with n references here has 1 + n. No slot carries a mark.
 *
 * <p>Two counts for each grain. <em>refs</em>: as the records that took effect say; a checkpoint
 * stores it, a replay rebuilds it. <em>held</em>, never less: what the rule about writes in place
 * sees. Both go up at once, before any slot is copied; held goes down only when the loss of the
 * owner is retired (rule W7), since until then a reader, or a loss of power, may bring that owner
 * back.
 *
 * <p>What a segment is to this table:
 *
 * <pre>
 *   null     nothing is shared there, and was not since the last durable checkpoint
 *   no runs  nothing is shared there now
 *   runs     something is
 * </pre>
 *
 * The middle state is there for {@link #sharedLately}: a walk's decrement has no record, so a
 * replay from the last durable checkpoint meets the older, higher count.
 *
 * <p>Looking up takes no lock; changes take the table's, under which nothing else is taken.
 */
final class ShareTable {

    /** Bytes of a run in {@link #encode}. */
    static final int RUN_BYTES = 16;

    /** References of one grain beyond which it is not shared once more. */
    static final int MOST_REFS = 1 << 30;

    private static final int FIRST_SEGMENTS = 64;

    private final Layout layout;
    private final int mostRuns;

    /** By segment; grows. A reader of an old array misses only what was shared after it looked. */
    private volatile AtomicReferenceArray<@Nullable ShareRuns> segments =
            new AtomicReferenceArray<>(0);

    private int runs;
    private long sharedGrains;

    /** Segments in the middle state, some perhaps shared again. */
    private final Set<Integer> emptied = new HashSet<>();

    /** What was in the middle state at a checkpoint's cut. */
    record Quiet(int segment, ShareRuns at) {}

    /**
     * @param mostRuns beyond which nothing new is shared
     */
    ShareTable(Layout layout, int mostRuns) {
        this.layout = layout;
        this.mostRuns = mostRuns;
    }

    // Looking up --------------------------------------------------------------------------------

    /** Whether a grain has, or a reader may still count on, more than one owner. */
    boolean held(long address) {
        ShareRuns s = at(layout.segmentOf(address));
        if (s == null || s.size() == 0) {
            return false;
        }
        int run = s.find(grain(address));
        return run >= 0 && s.held(run) > 0;
    }

    /** Owners besides the first. */
    int refs(long address) {
        ShareRuns s = at(layout.segmentOf(address));
        int run = s == null ? -1 : s.find(grain(address));
        return s == null || run < 0 ? 0 : s.refs(run);
    }

    /**
     * Whether anything in a grain's segment is shared, or was since the last durable checkpoint.
     */
    boolean sharedLately(long address) {
        return at(layout.segmentOf(address)) != null;
    }

    /** References in all. */
    synchronized long sharedGrains() {
        return sharedGrains;
    }

    /** What is shared as of now, for a check; only to be looked up. */
    synchronized ShareTable frozen() {
        ShareTable copy = new ShareTable(layout, mostRuns);
        AtomicReferenceArray<@Nullable ShareRuns> now = segments;
        AtomicReferenceArray<@Nullable ShareRuns> then = new AtomicReferenceArray<>(now.length());
        for (int s = 0; s < now.length(); s++) {
            then.setPlain(s, now.get(s));
        }
        copy.segments = then;
        return copy;
    }

    /** Takes a shared grain's address and its references. */
    interface Visitor {
        void grain(long address, int refs);
    }

    /** Goes through all shared grains; only while nothing changes. */
    void eachRef(Visitor visitor) {
        AtomicReferenceArray<@Nullable ShareRuns> all = segments;
        for (int s = 0; s < all.length(); s++) {
            ShareRuns now = all.get(s);
            for (int r = 0; now != null && r < now.size(); r++) {
                for (int g = now.first(r); now.refs(r) > 0 && g < now.end(r); g++) {
                    visitor.grain(
                            layout.firstPage(s) + ((long) g << layout.grainPageShift()),
                            now.refs(r));
                }
            }
        }
    }

    private @Nullable ShareRuns at(int segment) {
        AtomicReferenceArray<@Nullable ShareRuns> all = segments;
        return segment < all.length() ? all.get(segment) : null;
    }

    private int grain(long address) {
        return layout.pageInSegment(address) >>> layout.grainPageShift();
    }

    // Changing ----------------------------------------------------------------------------------

    /**
     * One owner more for grains in a row, about to be copied to new slots. All lie in one segment.
     *
     * @return false when the table is full; nothing has changed then
     */
    synchronized boolean share(long address, int grains) {
        int segment = layout.segmentOf(address);
        int first = grain(address);
        ShareRuns now = at(segment);
        boolean full =
                runs + 2 > mostRuns
                        || (now != null && now.mostHeld(first, first + grains) >= MOST_REFS);
        if (!full) {
            add(address, grains, 1, 1);
        }
        return !full;
    }

    /** A record that shared grains takes effect once more. A replay never finds the table full. */
    synchronized void replayShare(long address, int grains) {
        add(address, grains, 1, 1);
    }

    /** {@link #share} came to nothing: no slot was copied, so nobody has seen the new owner. */
    synchronized void unshare(long address, int grains) {
        add(address, grains, -1, -1);
    }

    /**
     * A grain lost an owner.
     *
     * @return false if it was the last one; else {@link #unhold} is owed once the loss is retired
     */
    synchronized boolean drop(long address) {
        if (refs(address) == 0) {
            return false;
        }
        add(address, 1, -1, 0);
        return true;
    }

    /** The loss of an owner is retired. */
    synchronized void unhold(long address) {
        add(address, 1, 0, -1);
    }

    private void add(long address, int grains, int refs, int held) {
        int left = grains;
        long at = address;
        while (left > 0) {
            int segment = layout.segmentOf(at);
            int first = grain(at);
            int n = Math.min(left, layout.grainsPerSegment() - first);
            ShareRuns now = at(segment);
            put(segment, (now == null ? ShareRuns.none() : now).plus(first, first + n, refs, held));
            left -= n;
            at += (long) n << layout.grainPageShift();
        }
        sharedGrains += (long) grains * refs;
    }

    private void put(int segment, ShareRuns next) {
        AtomicReferenceArray<@Nullable ShareRuns> all = segments;
        if (segment >= all.length()) {
            int length = Math.max(FIRST_SEGMENTS, Math.max(segment + 1, 2 * all.length()));
            AtomicReferenceArray<@Nullable ShareRuns> longer = new AtomicReferenceArray<>(length);
            for (int s = 0; s < all.length(); s++) {
                longer.setPlain(s, all.get(s));
            }
            segments = longer;
            all = longer;
        }
        ShareRuns before = all.get(segment);
        all.set(segment, next);
        runs += next.size() - (before == null ? 0 : before.size());
        if (next.size() == 0) {
            emptied.add(segment);
        }
    }

    // Checkpoints -------------------------------------------------------------------------------

    /** At a checkpoint's cut: where nothing is shared any more. */
    synchronized List<Quiet> cut() {
        List<Quiet> quiet = new ArrayList<>();
        for (int segment : emptied) {
            ShareRuns s = at(segment);
            if (s != null && s.size() == 0) {
                quiet.add(new Quiet(segment, s));
            }
        }
        return quiet;
    }

    /** That checkpoint is durable and named by the log: what stayed quiet is as if never shared. */
    synchronized void durable(List<Quiet> cut) {
        for (Quiet q : cut) {
            if (segments.compareAndSet(q.segment(), q.at(), null)) {
                emptied.remove(q.segment());
            }
        }
    }

    /** After a recovery's checkpoint nothing waits for retirement any more. */
    synchronized void settle() {
        for (int s = 0; s < segments.length(); s++) {
            ShareRuns now = at(s);
            if (now != null) {
                put(s, now.settled());
            }
        }
    }

    /** As long as {@link #encode} gets at most. */
    synchronized long bytesAtMost() {
        return (long) runs * RUN_BYTES;
    }

    /** The runs with references, in order of their addresses. */
    synchronized byte[] encode() {
        Encoder out = new Encoder(runs);
        for (int s = 0; runs > 0 && s < segments.length(); s++) {
            ShareRuns now = at(s);
            for (int r = 0; now != null && r < now.size(); r++) {
                if (now.refs(r) > 0) {
                    out.run(
                            layout.firstPage(s) + ((long) now.first(r) << layout.grainPageShift()),
                            now.count(r),
                            now.refs(r));
                }
            }
        }
        return out.bytes();
    }

    /** Merges runs that are neighbours over a segment's end, or differ only in what is held. */
    private final class Encoder {
        private final ByteBuffer out;
        private long next = -1;
        private int grains;
        private int refs;

        Encoder(int runs) {
            out =
                    ByteBuffer.allocate(Math.multiplyExact(runs, RUN_BYTES))
                            .order(ByteOrder.LITTLE_ENDIAN);
        }

        void run(long address, int count, int references) {
            if (address == next && references == refs && grains <= Integer.MAX_VALUE - count) {
                grains += count;
                out.putInt(out.position() - 8, grains);
            } else {
                grains = count;
                refs = references;
                out.putLong(address).putInt(count).putInt(references);
            }
            next = address + ((long) count << layout.grainPageShift());
        }

        byte[] bytes() {
            return Arrays.copyOf(out.array(), out.position());
        }
    }

    /** Reads what {@link #encode} wrote into a new table. */
    synchronized void decode(byte[] bytes) throws DamageException {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length % RUN_BYTES != 0) {
            throw new DamageException("share table of " + bytes.length + " bytes");
        }
        long free = layout.firstPage(1);
        long end = layout.firstPage(layout.segments());
        while (in.hasRemaining()) {
            long address = in.getLong();
            int grains = in.getInt();
            int refs = in.getInt();
            if (address < free
                    || address >= end
                    || (address & (layout.grainPages() - 1)) != 0
                    || grains <= 0
                    || grains > (end - address) >>> layout.grainPageShift()
                    || refs <= 0) {
                throw new DamageException(
                        "share table: " + refs + " for " + grains + " grains at page " + address);
            }
            add(address, grains, refs, refs);
            free = address + ((long) grains << layout.grainPageShift());
        }
    }
}
