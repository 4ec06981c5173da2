package io.tidegate.pool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Which grains and nodes are in use. Two bits for each unit: <em>used</em>, as the records that
 * took effect say and as a checkpoint stores it; and <em>blocked</em>, which keeps a unit from
 * being handed out: claimed but not published yet, used, or freed but not retired.
 *
 * <pre>
 *   free --take--> blocked --publish--> blocked+used --free--> blocked --unblock--> free
 * </pre>
 *
 * A segment that is free has real space on the host's file system or has not. So many free ones
 * with real space as the reserve has segments are left alone by data, so that a full file system
 * keeps no checkpoint from being written.
 */
final class SpaceMap {

    static final byte FREE = 0;
    static final byte DATA = 1;
    static final byte NODE = 2;

    /** Its part of the segments' records is kept here. */
    final Seals seals;

    /** Never handed out: what no device has, a device's label, and the address that is nowhere. */
    static final byte RESERVED = 3;

    private static final byte PUNCHING = 4;

    /** Added, but the superblock that knows of it is not durable yet. */
    static final byte GROWING = 5;

    private final SegmentTable table;
    private final SpaceCodec codec;
    private final SegmentChooser chooser;
    private final OpenSegment openNodes = new OpenSegment();

    /** The one place that knows how many segments the pool has. */
    private volatile Layout layout;

    final Promises promises;
    final Claims claims;

    private @Nullable Extension growing;

    SpaceMap(Layout layout, DataFiles files, int reserveSegments, Seals seals) {
        this.seals = seals;
        this.layout = layout;
        table = new SegmentTable(layout);
        codec = new SpaceCodec(table, seals, layout);
        promises = new Promises(this, layout, reserveSegments);
        claims = new Claims(this, layout, promises);
        chooser =
                new SegmentChooser(files, layout, table, codec, claims, promises, reserveSegments);
        // Address 0 means "nowhere", so the first segment is never handed out.
        reserved(0);
    }

    /** The layout with the number of segments as of now; a growth changes it. Any thread. */
    Layout layout() {
        return layout;
    }

    int segments() {
        return layout.segments();
    }

    /** The layout of a pool that had the segments that can be used, and no others. */
    synchronized Layout usable() {
        return layout.withSegments(layout.segments() - table.reserved());
    }

    /** How much of the pool hosts may not take; it depends on what {@link #usable} is found. */
    synchronized void reserve(int segments) {
        chooser.reserveSegments = segments;
    }

    synchronized int reserve() {
        return chooser.reserveSegments;
    }

    /** Keeps a free segment from being used for ever. */
    synchronized void reserved(int segment) {
        table.become(segment, RESERVED);
        codec.dirty(segment);
    }

    private int bit(long address) {
        int page = layout.pageInSegment(address);
        return table.state(layout.segmentOf(address)) == DATA
                ? page >>> layout.grainPageShift()
                : page - layout.tablePages();
    }

    // Taking ------------------------------------------------------------------------------------

    /** Free segments, whatever they may be used for. */
    synchronized int freeSegments() {
        return table.free();
    }

    /** Free grains in data segments. */
    synchronized long freeGrains() {
        return table.freeGrains();
    }

    /** Free pages in node segments. */
    synchronized long freeNodes() {
        return table.freeNodes();
    }

    /** Grains that are taken or freed, and not in effect or retired yet. */
    synchronized long grainsUnderWay() {
        return table.grainsPending();
    }

    /** Nodes that were freed and not retired yet. */
    synchronized long nodesUnderWay() {
        return table.nodesPending();
    }

    /**
     * Takes up to {@code want} claimed grains that lie in a row.
     *
     * @throws NoSpaceException when there is none, which a claim does not wholly exclude: the file
     *     system below may be full before the pool is
     */
    synchronized Taken takeGrains(SpaceClaim claim, OpenSegment open, int want) throws IOException {
        while (true) {
            int s = open.segment;
            if (s >= 0 && table.state(s) == DATA) {
                int from = table.nextFree(s, open.next);
                int n = table.blockRun(s, from, want);
                open.next = from + n;
                if (n > 0) {
                    claims.taken(claim, n);
                    long address = layout.firstPage(s) + ((long) from << layout.grainPageShift());
                    return new Taken(address, n);
                }
            }
            open.segment = chooser.nextData(open);
            open.next = 0;
        }
    }

    /**
     * From now on a copy takes its grains in a data file of its own, if the pool has one to spare.
     */
    synchronized void beginCopy(OpenSegment open) {
        open.copyFile = chooser.beginCopy();
        open.segment = -1;
    }

    synchronized void endCopy(OpenSegment open) {
        if (open.copyFile >= 0) {
            chooser.endCopy(open.copyFile);
            open.copyFile = -1;
        }
    }

    /** Grains in a row. */
    record Taken(long address, int grains) {}

    /** Takes a page for a node, in use from now on. */
    synchronized long takeNode() throws IOException {
        while (true) {
            int s = openNodes.segment;
            if (s >= 0 && table.state(s) == NODE) {
                int i = table.nextFree(s, openNodes.next);
                openNodes.next = i + 1;
                if (i < layout.nodesPerSegment()) {
                    table.block(s, i);
                    table.use(s, i);
                    codec.dirty(s);
                    return layout.firstPage(s) + layout.tablePages() + i;
                }
            }
            openNodes.segment = chooser.nextNodes();
            openNodes.next = 0;
        }
    }

    /**
     * Opens node segments, with real space, until so many pages more than commands have claimed can
     * be taken without any I/O that may fail. It holds while nobody claims more.
     *
     * @return false when there is no space for so many
     */
    synchronized boolean ensureNodes(int pages) throws IOException {
        // What the reserve has in real space is opened when it is taken, without I/O.
        while (table.freeNodes()
                        - claims.nodes()
                        + (long) Math.min(table.ready.count(), chooser.reserveSegments)
                                * layout.nodesPerSegment()
                < pages) {
            try {
                chooser.openNodes();
            } catch (NoSpaceException e) {
                return false;
            }
        }
        return true;
    }

    /**
     * While a replay is only looked at nothing may be written; the space that it needs is asked for
     * by {@link #realize}.
     */
    synchronized void plan() {
        chooser.plan();
    }

    /** Once it is clear that all segments in use are there. */
    synchronized void realize() throws IOException {
        for (int s = 0; s < table.segments(); s++) {
            if (table.state(s) == DATA && table.used(s) > 0 && !table.onHost(s)) {
                table.setOnHost(s, true);
                codec.dirty(s);
            }
        }
        chooser.realize();
    }

    /** Whether a segment holds anything that is in use, and must be there on the host. */
    synchronized boolean live(int segment) {
        return table.used(segment) > 0 && !chooser.planned(segment);
    }

    // State changes -----------------------------------------------------------------------------

    /** Grains that were taken and never published; the claim has them again. */
    synchronized void giveBack(SpaceClaim claim, long address, int grains) {
        claims.taken(claim, -grains);
        for (int i = 0; i < grains; i++) {
            unblock(address + ((long) i << layout.grainPageShift()));
        }
    }

    /** The record that maps these grains takes effect. */
    synchronized void publish(long address, int grains) {
        int s = layout.segmentOf(address);
        block(address, grains);
        if (!table.useRun(s, bit(address), grains)) {
            throw new IllegalStateException(
                    "one of " + grains + " grains from page " + address + " is in use already");
        }
        codec.dirty(s);
    }

    /** Keeps grains from being handed out; replay only, a live record's grains are blocked. */
    synchronized void block(long address, int grains) {
        int s = layout.segmentOf(address);
        if (address <= 0 || s >= table.segments()) {
            throw new IllegalStateException(
                    "page "
                            + address
                            + " lies beyond the pool's "
                            + table.segments()
                            + " segments");
        }
        if (table.state(s) == FREE) {
            // Whether it has real space is not known: a loss of power may have taken the space with
            // the records. Those that count find it there, see realize.
            table.become(s, DATA);
            codec.dirty(s);
        }
        if (table.state(s) != DATA) {
            throw new IllegalStateException("page " + address + " lies in no data segment");
        }
        int first = bit(address);
        int end = first + grains;
        for (int i = table.nextFree(s, first); i < end; i = table.nextFree(s, i)) {
            table.blockRun(s, i, end - i);
        }
    }

    /** A grain or node is owned no more; it stays blocked until it is retired. */
    synchronized void free(long address) {
        int s = layout.segmentOf(address);
        int i = bit(address);
        if (!table.isUsed(s, i)) {
            throw new IllegalStateException("page " + address + " is freed but not in use");
        }
        table.unuse(s, i);
        codec.dirty(s);
        if (table.state(s) == DATA) {
            seals.freed(address);
        }
    }

    /** The checksums' part of a segment's record has changed. */
    synchronized void touch(int segment) {
        codec.dirty(segment);
    }

    /** May be handed out again. */
    synchronized void unblock(long address) {
        int s = layout.segmentOf(address);
        int i = bit(address);
        if (table.isUsed(s, i) || !table.isBlocked(s, i)) {
            throw new IllegalStateException("page " + address + " is retired but in use or free");
        }
        table.unblock(s, i);
        releaseIfEmpty(s);
    }

    private void releaseIfEmpty(int s) {
        if (table.blocked(s) == 0) {
            table.become(s, FREE);
            codec.dirty(s);
        }
    }

    /** After recovery's checkpoint: nothing but what is used stays blocked. */
    synchronized void unblockUnused() {
        for (int s = 0; s < table.segments(); s++) {
            if (table.state(s) == DATA || table.state(s) == NODE) {
                table.blockUsedOnly(s);
                releaseIfEmpty(s);
            }
        }
        openNodes.segment = -1;
        claims.forget();
    }

    // Real space --------------------------------------------------------------------------------

    /** A free segment whose space the file system can have back; -1 when there is none to spare. */
    synchronized int beginPunch() {
        if (chooser.readyForData() <= promises.segments()) {
            return -1;
        }
        int s = table.ready.last();
        table.become(s, PUNCHING);
        return s;
    }

    synchronized void endPunch(int segment, boolean punched) {
        if (punched) {
            table.setOnHost(segment, false);
            codec.dirty(segment);
        }
        table.become(segment, FREE);
    }

    /** Gives the reserve real space. */
    synchronized void allocateReserve() throws IOException {
        while (chooser.missingReserve()) {
            chooser.refillReserve();
        }
    }

    /**
     * Gives the reserve back one segment of real space, if checkpoints took some of it while the
     * host's file system was full.
     *
     * @return whether nothing is missing, or it was given
     */
    synchronized boolean refillReserve() {
        if (chooser.missingReserve()) {
            try {
                chooser.refillReserve();
            } catch (IOException e) {
                // The pool's health and its free space say it already.
                return false;
            }
        }
        return true;
    }

    // Growth ------------------------------------------------------------------------------------

    /**
     * Segments to be added.
     *
     * @param segments of the pool with them
     * @param reserved those of them that are never to be used
     * @param real those of them that have real space
     * @param reserve of the pool with them, in segments
     */
    record Extension(int segments, BitSet reserved, BitSet real, int reserve) {}

    /** At a checkpoint's cut: its image has the new segments, free, but nobody gets one yet. */
    synchronized void extend(Extension by) {
        int from = layout.segments();
        table.extend(by.segments());
        for (int s = from; s < by.segments(); s++) {
            if (by.reserved().get(s)) {
                reserved(s);
            } else if (by.real().get(s)) {
                table.setOnHost(s, true);
                codec.dirty(s);
            }
        }
        growing = by;
        layout = layout.withSegments(by.segments());
    }

    /** Whether segments wait for a superblock that knows of them. */
    synchronized boolean growing() {
        return growing != null;
    }

    /** A superblock with so many segments is durable, and so is a log batch that names it. */
    synchronized void durable(int segments) {
        Extension by = growing;
        if (by == null || segments < by.segments()) {
            return;
        }
        for (int s = 0; s < by.segments(); s++) {
            if (table.state(s) == GROWING) {
                table.become(s, FREE);
            }
        }
        chooser.reserveSegments = by.reserve();
        growing = null;
    }

    // Figures -----------------------------------------------------------------------------------

    /**
     * Units by kind.
     *
     * @param thinGrains what writes to thin volumes may still take
     * @param promisedGrains what reserved volumes may still need, with the margin for that
     * @param realGrains how much of what thin volumes may take has real space on the host's file
     *     system already; below zero where promises have not got all of theirs
     * @param totalSegments all but those that are never or not yet used; the first counts
     */
    record Figures(
            long grainsUsed,
            long nodesUsed,
            long pendingPages,
            long thinGrains,
            long promisedGrains,
            int reserveSegments,
            long realGrains,
            int totalSegments) {}

    synchronized Figures figures() {
        long promised = promises.total() + promises.margin();
        return new Figures(
                table.grainsUsed(),
                table.nodesUsed(),
                (table.grainsPending() << layout.grainPageShift()) + table.nodesPending(),
                Math.max(0, claims.thinGrains()),
                promised,
                chooser.reserveSegments,
                claims.realGrains(chooser.readyForData()),
                layout.segments() - table.reserved() - table.growing() + 1);
    }

    /** Whether an address is in use as a unit of this kind; for a scrub. */
    synchronized boolean isUsed(long address, byte kind) {
        int s = layout.segmentOf(address);
        if (!layout.contains(address) || table.state(s) != kind) {
            return false;
        }
        int i = bit(address);
        return i >= 0 && i < table.capacity(s) && table.isUsed(s, i);
    }

    /** Heap that the bookkeeping takes, for a test of its budget. */
    synchronized long bytesOfBitmaps() {
        return table.bytesOfBitmaps();
    }

    /** What is in use as of now, for a check: a copy. */
    synchronized UsedUnits used() {
        return new UsedUnits(layout, table);
    }

    // Pages on disk -----------------------------------------------------------------------------

    int pages() {
        return codec.pages(layout.segments());
    }

    synchronized BitSet takeDirtyPages() {
        return codec.takeDirty();
    }

    synchronized void dirtyAgain(BitSet pages) {
        codec.dirtyAgain(pages);
    }

    synchronized void encode(int page, ByteBuffer into) {
        codec.encode(page, into);
    }

    synchronized void decode(int page, ByteBuffer from) throws DamageException {
        codec.decode(page, from);
    }

    /** After all pages were read: nothing is dirty, and nothing is open. */
    synchronized void loaded() {
        codec.takeDirty();
    }
}
