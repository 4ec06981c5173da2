package io.tidegate.pool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;

/**
 * Which grains and nodes are in use. Two bits for each unit: <em>used</em>, as the records that
 * took effect say and as a checkpoint stores it; and <em>blocked</em>, which keeps a unit from
 * being handed out: claimed but not published yet, used, or freed but not retired.
 *
 * <pre>
 *   free --take--> blocked --publish--> blocked+used --free--> blocked --unblock--> free
 * </pre>
 */
final class SpaceMap {

    static final byte FREE = 0;
    static final byte DATA = 1;
    static final byte NODE = 2;
    static final byte RESERVED = 3;
    private static final byte PUNCHING = 4;
    private static final int ON_HOST = 1;
    private static final int DESCRIPTOR_BYTES = 8;

    private final Layout layout;
    private final DataFiles files;
    private final int reserveSegments;
    private final byte[] state;
    private final BitSet onHost = new BitSet();
    private final BitSet planned = new BitSet();
    private boolean planning;
    private final int[] usedCount;
    private final int[] blockedCount;
    private final long[][] used;
    private final long[][] blocked;
    private final BitSet dirtyPages = new BitSet();
    private final OpenSegment openNodes = new OpenSegment();
    private int freeSegments;
    private int scanFrom;
    private long dataFree;
    private long nodeFree;
    private long claimedGrains;
    private long claimedNodes;

    SpaceMap(Layout layout, DataFiles files, int reserveSegments) {
        this.layout = layout;
        this.files = files;
        this.reserveSegments = reserveSegments;
        int n = layout.segments();
        state = new byte[n];
        usedCount = new int[n];
        blockedCount = new int[n];
        used = new long[n][];
        blocked = new long[n][];
        // Address 0 means "nowhere", so the first segment is never handed out.
        state[0] = RESERVED;
        freeSegments = n - 1;
        dirtyPages.set(0, pages());
    }

    private int capacity(int segment) {
        return state[segment] == DATA ? layout.grainsPerSegment() : layout.nodesPerSegment();
    }

    private int bit(long address) {
        int page = layout.pageInSegment(address);
        return state[layout.segmentOf(address)] == DATA
                ? page >>> layout.grainPageShift()
                : page - layout.tablePages();
    }

    private void dirty(int segment) {
        dirtyPages.set(segment / segmentsPerPage());
    }

    // Taking ------------------------------------------------------------------------------------

    /** Grains that host writes may still take. */
    synchronized long hostGrains() {
        return dataFree
                + (long) Math.max(0, freeSegments - reserveSegments) * layout.grainsPerSegment()
                - claimedGrains;
    }

    /**
     * Sets grains and nodes aside for a command; all or nothing. What it takes counts twice until
     * it gives its claim back, which errs on the safe side.
     */
    synchronized boolean claim(int grains, int nodes) {
        long nodesLeft = nodeFree + (long) freeSegments * layout.nodesPerSegment() - claimedNodes;
        if (grains > hostGrains() || nodes > nodesLeft) {
            return false;
        }
        claimedGrains += grains;
        claimedNodes += nodes;
        return true;
    }

    synchronized void unclaim(int grains, int nodes) {
        claimedGrains -= grains;
        claimedNodes -= nodes;
    }

    /**
     * Takes up to {@code want} claimed grains that lie in a row.
     *
     * @throws NoSpaceException when there is none, which a claim does not wholly exclude: the file
     *     system below may be full before the pool is
     */
    synchronized Taken takeGrains(OpenSegment open, int want) throws IOException {
        while (true) {
            int s = open.segment;
            if (s >= 0 && state[s] == DATA) {
                int end = layout.grainsPerSegment();
                int from = Bits.nextClear(blocked[s], open.next, end);
                int n = 0;
                while (from + n < end && n < want && !Bits.get(blocked[s], from + n)) {
                    Bits.set(blocked[s], from + n);
                    n++;
                }
                open.next = from + n;
                if (n > 0) {
                    blockedCount[s] += n;
                    dataFree -= n;
                    long address = layout.firstPage(s) + ((long) from << layout.grainPageShift());
                    return new Taken(address, n);
                }
            }
            open.segment = nextDataSegment();
            open.next = 0;
        }
    }

    /** Grains in a row. */
    record Taken(long address, int grains) {}

    private int nextDataSegment() throws IOException {
        if (freeSegments > reserveSegments) {
            try {
                return openFree(DATA);
            } catch (SyncFailure e) {
                throw e;
            } catch (IOException e) {
                // The file system gives no more space; what the pool has already may still do.
                return partlyFree(e);
            }
        }
        return partlyFree(new NoSpaceException("the pool is full"));
    }

    private int partlyFree(IOException otherwise) throws IOException {
        int n = state.length;
        for (int i = 0; i < n; i++) {
            int s = (scanFrom + i) % n;
            if (state[s] == DATA && blockedCount[s] < layout.grainsPerSegment()) {
                scanFrom = s + 1;
                return s;
            }
        }
        throw otherwise;
    }

    private int openFree(byte kind) throws IOException {
        int n = state.length;
        int found = -1;
        // The reserve keeps its real space for nodes, whatever the file system says later.
        boolean real = kind == NODE || freeOnHost() > reserveSegments;
        for (int i = 0; i < n && (found < 0 || onHost.get(found) != real); i++) {
            int s = (scanFrom + i) % n;
            if (state[s] == FREE && (found < 0 || onHost.get(s) == real)) {
                found = s;
            }
        }
        if (found < 0) {
            throw new NoSpaceException("the pool has no free segment left");
        }
        if (!onHost.get(found)) {
            allocate(found);
        }
        scanFrom = found + 1;
        become(found, kind);
        return found;
    }

    private int freeOnHost() {
        int n = 0;
        for (int s = onHost.nextSetBit(1); s >= 0; s = onHost.nextSetBit(s + 1)) {
            n += state[s] == FREE ? 1 : 0;
        }
        return n;
    }

    private void allocate(int segment) throws IOException {
        if (!planning) {
            files.allocate(segment);
        }
        onHost.set(segment);
        if (planning) {
            planned.set(segment);
        }
    }

    /**
     * While a replay is only looked at nothing may be written; the space that it needs is asked for
     * by {@link #realize}.
     */
    synchronized void plan() {
        planning = true;
    }

    synchronized void realize() throws IOException {
        planning = false;
        for (int s = planned.nextSetBit(0); s >= 0; s = planned.nextSetBit(s + 1)) {
            files.allocate(s);
        }
        planned.clear();
    }

    private void become(int segment, byte kind) {
        state[segment] = kind;
        int words = (layout.segmentPages() + 63) / 64;
        used[segment] = new long[words];
        blocked[segment] = new long[words];
        freeSegments--;
        if (kind == DATA) {
            dataFree += layout.grainsPerSegment();
        } else {
            nodeFree += layout.nodesPerSegment();
        }
        dirty(segment);
    }

    /** Takes a page for a node, in use from now on. */
    synchronized long takeNode() throws IOException {
        while (true) {
            int s = openNodes.segment;
            if (s >= 0 && state[s] == NODE) {
                int end = layout.nodesPerSegment();
                int i = Bits.nextClear(blocked[s], openNodes.next, end);
                openNodes.next = i + 1;
                if (i < end) {
                    Bits.set(blocked[s], i);
                    Bits.set(used[s], i);
                    blockedCount[s]++;
                    usedCount[s]++;
                    nodeFree--;
                    dirty(s);
                    return layout.firstPage(s) + layout.tablePages() + i;
                }
            }
            openNodes.segment = nextNodeSegment();
            openNodes.next = 0;
        }
    }

    /**
     * Sees to it that so many nodes can be taken without asking the file system for anything, as
     * long as nobody else takes space.
     */
    synchronized void ensureNodes(int nodes) throws IOException {
        long ready = nodeFree;
        for (int s = 1; s < state.length && ready < nodes; s++) {
            if (state[s] == FREE && onHost.get(s)) {
                ready += layout.nodesPerSegment();
            }
        }
        for (int s = 1; s < state.length && ready < nodes; s++) {
            if (state[s] == FREE && !onHost.get(s)) {
                allocate(s);
                ready += layout.nodesPerSegment();
            }
        }
        if (ready < nodes) {
            throw new NoSpaceException("no room for " + nodes + " nodes of a checkpoint");
        }
    }

    private int nextNodeSegment() throws IOException {
        int half = layout.nodesPerSegment() / 2;
        int best = -1;
        if (nodeFree > layout.nodesPerSegment()) {
            for (int s = 0; s < state.length; s++) {
                if (state[s] == NODE && blockedCount[s] <= half) {
                    return s;
                }
            }
        }
        IOException otherwise = new NoSpaceException("no room for a node");
        if (freeSegments > 0) {
            try {
                return openFree(NODE);
            } catch (SyncFailure e) {
                throw e;
            } catch (IOException e) {
                otherwise = e;
            }
        }
        for (int s = 0; s < state.length; s++) {
            if (state[s] == NODE && blockedCount[s] < layout.nodesPerSegment()) {
                best = s;
            }
        }
        if (best < 0) {
            throw otherwise;
        }
        return best;
    }

    // State changes -----------------------------------------------------------------------------

    /** Grains that were taken and never published. */
    synchronized void giveBack(long address, int grains) {
        for (int i = 0; i < grains; i++) {
            unblock(address + ((long) i << layout.grainPageShift()));
        }
    }

    /** The record that maps these grains takes effect. */
    synchronized void publish(long address, int grains) {
        int s = layout.segmentOf(address);
        block(address, grains);
        int first = bit(address);
        for (int i = first; i < first + grains; i++) {
            if (Bits.get(used[s], i)) {
                throw new IllegalStateException("grain at page " + address + " is in use already");
            }
            Bits.set(used[s], i);
        }
        usedCount[s] += grains;
        dirty(s);
    }

    /** Keeps grains from being handed out; replay only, a live record's grains are blocked. */
    synchronized void block(long address, int grains) {
        int s = layout.segmentOf(address);
        if (state[s] == FREE) {
            become(s, DATA);
            onHost.set(s);
        }
        if (state[s] != DATA) {
            throw new IllegalStateException("page " + address + " lies in no data segment");
        }
        int first = bit(address);
        for (int i = first; i < first + grains; i++) {
            if (!Bits.get(blocked[s], i)) {
                Bits.set(blocked[s], i);
                blockedCount[s]++;
                dataFree--;
            }
        }
    }

    /** A grain or node is owned no more; it stays blocked until it is retired. */
    synchronized void free(long address) {
        int s = layout.segmentOf(address);
        int i = bit(address);
        if (used[s] == null || !Bits.get(used[s], i)) {
            throw new IllegalStateException("page " + address + " is freed but not in use");
        }
        Bits.clear(used[s], i);
        usedCount[s]--;
        dirty(s);
    }

    /** May be handed out again. */
    synchronized void unblock(long address) {
        int s = layout.segmentOf(address);
        int i = bit(address);
        if (Bits.get(used[s], i) || !Bits.get(blocked[s], i)) {
            throw new IllegalStateException("page " + address + " is retired but in use or free");
        }
        Bits.clear(blocked[s], i);
        blockedCount[s]--;
        if (state[s] == DATA) {
            dataFree++;
        } else {
            nodeFree++;
        }
        releaseIfEmpty(s);
    }

    private void releaseIfEmpty(int s) {
        if (blockedCount[s] != 0) {
            return;
        }
        if (state[s] == DATA) {
            dataFree -= layout.grainsPerSegment();
        } else {
            nodeFree -= layout.nodesPerSegment();
        }
        state[s] = FREE;
        used[s] = new long[0];
        blocked[s] = new long[0];
        freeSegments++;
        dirty(s);
    }

    /** After recovery's checkpoint: nothing but what is used stays blocked. */
    synchronized void unblockUnused() {
        for (int s = 0; s < state.length; s++) {
            if (state[s] == DATA || state[s] == NODE) {
                int freed = blockedCount[s] - usedCount[s];
                blocked[s] = used[s].clone();
                blockedCount[s] = usedCount[s];
                if (state[s] == DATA) {
                    dataFree += freed;
                } else {
                    nodeFree += freed;
                }
                releaseIfEmpty(s);
            }
        }
        openNodes.segment = -1;
        claimedGrains = 0;
        claimedNodes = 0;
    }

    // Holes -------------------------------------------------------------------------------------

    /** A free segment whose space the file system can have back; -1 when there is none to spare. */
    synchronized int beginPunch() {
        int spare = 0;
        for (int s = 1; s < state.length; s++) {
            if (state[s] == FREE && onHost.get(s) && ++spare > reserveSegments) {
                state[s] = PUNCHING;
                freeSegments--;
                return s;
            }
        }
        return -1;
    }

    synchronized void endPunch(int segment, boolean punched) {
        state[segment] = FREE;
        freeSegments++;
        if (punched) {
            onHost.clear(segment);
            dirty(segment);
        }
    }

    /** Gives the reserve real space. */
    synchronized void allocateReserve() throws IOException {
        for (int s = 1; s <= reserveSegments && s < state.length; s++) {
            files.allocate(s);
            onHost.set(s);
        }
    }

    // Figures -----------------------------------------------------------------------------------

    /** Units by kind. */
    record Figures(
            long grainsUsed,
            long nodesUsed,
            long pendingPages,
            long hostGrains,
            int reserveSegments) {}

    synchronized Figures figures() {
        long grains = 0;
        long nodes = 0;
        long pending = 0;
        for (int s = 0; s < state.length; s++) {
            if (state[s] == DATA) {
                grains += usedCount[s];
                pending += (long) (blockedCount[s] - usedCount[s]) << layout.grainPageShift();
            } else if (state[s] == NODE) {
                nodes += usedCount[s];
                pending += blockedCount[s] - usedCount[s];
            }
        }
        return new Figures(grains, nodes, pending, Math.max(0, hostGrains()), reserveSegments);
    }

    /** Whether an address is in use as a unit of this kind; for checks. */
    synchronized boolean isUsed(long address, byte kind) {
        int s = layout.segmentOf(address);
        if (!layout.contains(address) || state[s] != kind) {
            return false;
        }
        int i = bit(address);
        return i >= 0 && i < capacity(s) && Bits.get(used[s], i);
    }

    // Pages on disk -----------------------------------------------------------------------------

    private int bitmapBytes() {
        return Math.max(8, layout.segmentPages() / 8);
    }

    private int segmentsPerPage() {
        return segmentsPerPage(layout);
    }

    private static int segmentsPerPage(Layout layout) {
        return Layout.PAGE_BYTES / (DESCRIPTOR_BYTES + Math.max(8, layout.segmentPages() / 8));
    }

    int pages() {
        return pages(layout);
    }

    /** Pages of the free map of a pool of that shape. */
    static int pages(Layout layout) {
        int each = segmentsPerPage(layout);
        return (int) (((long) layout.segments() + each - 1) / each);
    }

    /** Whether a segment holds anything that is in use, and must be there on the host. */
    synchronized boolean live(int segment) {
        return usedCount[segment] > 0 && !planned.get(segment);
    }

    synchronized BitSet takeDirtyPages() {
        BitSet taken = (BitSet) dirtyPages.clone();
        dirtyPages.clear();
        return taken;
    }

    synchronized void dirtyAgain(BitSet pages) {
        dirtyPages.or(pages);
    }

    synchronized void encode(int page, ByteBuffer into) {
        into.order(ByteOrder.LITTLE_ENDIAN);
        int first = page * segmentsPerPage();
        int end = Math.min(layout.segments(), first + segmentsPerPage());
        for (int s = first; s < end; s++) {
            boolean live = state[s] != RESERVED && usedCount[s] > 0;
            into.put(state[s] == RESERVED ? RESERVED : live ? state[s] : FREE);
            into.put((byte) (onHost.get(s) ? ON_HOST : 0));
            into.putShort((short) 0);
            into.putInt(usedCount[s]);
            for (int w = 0; w < bitmapBytes() / 8; w++) {
                into.putLong(live ? used[s][w] : 0);
            }
        }
    }

    synchronized void decode(int page, ByteBuffer from) throws DamageException {
        from.order(ByteOrder.LITTLE_ENDIAN);
        int first = page * segmentsPerPage();
        int end = Math.min(layout.segments(), first + segmentsPerPage());
        for (int s = first; s < end; s++) {
            byte kind = from.get();
            onHost.set(s, (from.get() & ON_HOST) != 0);
            from.getShort();
            int count = from.getInt();
            long[] bits = new long[bitmapBytes() / 8];
            for (int w = 0; w < bits.length; w++) {
                bits[w] = from.getLong();
            }
            if (s > 0 && (kind == DATA || kind == NODE)) {
                become(s, kind);
                used[s] = bits;
                blocked[s] = bits.clone();
                usedCount[s] = Bits.count(bits);
                blockedCount[s] = usedCount[s];
                if (kind == DATA) {
                    dataFree -= usedCount[s];
                } else {
                    nodeFree -= usedCount[s];
                }
            }
            boolean known = s == 0 ? kind == RESERVED : kind >= FREE && kind <= NODE;
            boolean inside = kind != DATA && kind != NODE || lastBit(bits) < capacity(s);
            if (!known || !inside || count != usedCount[s]) {
                throw new DamageException("free map, segment " + s + ": kind or count is wrong");
            }
        }
    }

    private static int lastBit(long[] bits) {
        return BitSet.valueOf(bits).length() - 1;
    }

    /** After all pages were read: nothing is dirty, and nothing is open. */
    synchronized void loaded() {
        dirtyPages.clear();
    }
}
