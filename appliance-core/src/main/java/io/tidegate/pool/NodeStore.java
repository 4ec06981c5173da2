package io.tidegate.pool;

import io.tidegate.volume.VolumeShape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32C;
import org.eclipse.collections.impl.list.mutable.primitive.LongArrayList;
import org.eclipse.collections.impl.set.mutable.primitive.LongHashSet;
import org.jspecify.annotations.Nullable;

/**
 * Metadata pages on disk. A page has no header: its kind, level, owner, birth and CRC32C stand in
 * the table at the head of its node segment. A page is written once and freed as a whole.
 */
final class NodeStore {

    private static final int WRITE_PAGES = 256;

    private final Layout layout;
    private final DataFiles files;
    private final SpaceMap space;

    private final NodeCache cache;

    /** Made and not yet written: the only copy is in memory. */
    private final AtomicLong unwritten = new AtomicLong();

    private List<MapNode> made = new ArrayList<>();
    private final LongArrayList prepaid = new LongArrayList();

    /** Places that were taken and not written to since: what stands there means nothing. */
    private final LongHashSet unsettled = new LongHashSet();

    NodeStore(Layout layout, DataFiles files, SpaceMap space, NodeCache cache) {
        this.cache = cache;
        this.layout = layout;
        this.files = files;
        this.space = space;
    }

    NodeCache cache() {
        return cache;
    }

    /** A place for a page; in use from now on. */
    synchronized long take() throws IOException {
        long page = space.takeNode();
        unsettled.add(page);
        return page;
    }

    /** Whether a page is in use and what it holds stands on disk, or in the system's cache. */
    synchronized boolean settled(long address) {
        return space.isUsed(address, SpaceMap.NODE) && !unsettled.contains(address);
    }

    /**
     * Sets places aside for the record of an act, so that its effect cannot fail for want of space.
     * One act at a time; what is left goes back with {@link #refund}.
     */
    void prepay(int pages) throws IOException {
        for (int i = 0; i < pages; i++) {
            long page = take();
            synchronized (prepaid) {
                prepaid.add(page);
            }
        }
    }

    void refund() {
        synchronized (prepaid) {
            prepaid.forEach(
                    page -> {
                        space.free(page);
                        space.unblock(page);
                    });
            prepaid.clear();
        }
    }

    /** A place that was set aside; in a replay any. */
    long takePrepaid() throws IOException {
        synchronized (prepaid) {
            if (!prepaid.isEmpty()) {
                return prepaid.removeAtIndex(prepaid.size() - 1);
            }
        }
        return take();
    }

    /** A map node has come to be; the next checkpoint writes it. */
    void made(MapNode node) {
        cache.made(node);
        unwritten.incrementAndGet();
        synchronized (this) {
            made.add(node);
        }
    }

    /** Map nodes that are in memory only, in bytes. */
    long unwrittenBytes() {
        return unwritten.get() << Layout.PAGE_SHIFT;
    }

    /** At a cut: the nodes that this checkpoint writes. */
    synchronized List<MapNode> takeMade() {
        List<MapNode> taken = made;
        made = new ArrayList<>();
        return taken;
    }

    /** A checkpoint failed: its nodes belong to the next. */
    synchronized void giveBack(List<MapNode> nodes) {
        List<MapNode> all = new ArrayList<>(nodes);
        all.addAll(made);
        made = all;
    }

    void written(List<MapNode> nodes) {
        // Changed no more, and so it may be said for good whether its grains stand in a row.
        nodes.forEach(n -> n.summarize(layout.grainPages()));
        cache.stored(nodes);
        unwritten.addAndGet(-nodes.size());
    }

    /** The level of the root of a volume of that shape. */
    int levelFor(VolumeShape shape) {
        return Layout.levelFor(layout.grainsOf(shape.geometry().sizeBytes()));
    }

    /** Whether a page can be a node's place at all. */
    boolean mayHold(long address) {
        return layout.contains(address) && layout.pageInSegment(address) >= layout.tablePages();
    }

    // Reading -----------------------------------------------------------------------------------

    /** What a reference points to; reads it if need be. */
    MapNode node(NodeRef ref) throws IOException {
        return load(ref.address(), ref.level(), ref.birth());
    }

    /** As {@link #node} if it is in memory, else null. */
    @Nullable MapNode cached(NodeRef ref) {
        return cache.get(ref.address());
    }

    /** A node if it is in memory, else null. */
    @Nullable MapNode cached(long address) {
        return cache.get(address);
    }

    MapNode load(long address, int level, int birth) throws IOException {
        MapNode node = loadAny(address, birth);
        if (node.level != level) {
            throw new DamageException("node at page " + address + ": level differs");
        }
        return node;
    }

    /** As load, where only an entry of a dead-list points to it. */
    MapNode loadAny(long address, int birth) throws IOException {
        MapNode node = cache.get(address);
        return checked(node != null ? node : cache.loaded(readNode(address)), birth);
    }

    /** As {@link #loadAny}, for walks that come by once: what is read is not kept. */
    MapNode look(long address, int birth) throws IOException {
        MapNode node = cache.get(address);
        return checked(node != null ? node : readNode(address), birth);
    }

    private static MapNode checked(MapNode node, int birth) throws DamageException {
        if (node.birth != birth) {
            throw new DamageException("node at page " + node.address + ": birth differs");
        }
        return node;
    }

    private MapNode readNode(long address) throws IOException {
        ByteBuffer entry = ByteBuffer.allocate(Layout.TABLE_ENTRY_BYTES);
        ByteBuffer page = readPage(address, NodeImage.Kind.MAP, entry);
        if (entry.get(5) < 0 || entry.get(5) > Layout.MAX_LEVEL) {
            throw new DamageException("node at page " + address + " of level " + entry.get(5));
        }
        MapNode node =
                MapNode.decode(
                        address, entry.get(5), entry.getInt(16), (int) entry.getLong(8), page);
        node.summarize(layout.grainPages());
        return node;
    }

    ByteBuffer read(long address, NodeImage.Kind kind) throws IOException {
        return readPage(address, kind, ByteBuffer.allocate(Layout.TABLE_ENTRY_BYTES));
    }

    /** Compares a page of any kind with its checksum. */
    void verify(long address) throws IOException {
        readPage(address, null, ByteBuffer.allocate(Layout.TABLE_ENTRY_BYTES));
    }

    /** As read, where the table must name an owner. */
    ByteBuffer read(long address, NodeImage.Kind kind, long owner) throws IOException {
        ByteBuffer entry = ByteBuffer.allocate(Layout.TABLE_ENTRY_BYTES);
        ByteBuffer page = readPage(address, kind, entry);
        if (entry.getLong(8) != owner) {
            throw new DamageException(
                    "page " + address + " (" + kind + ") is of " + entry.getLong(8));
        }
        return page;
    }

    /**
     * @param kind null for any
     */
    private ByteBuffer readPage(long address, NodeImage.@Nullable Kind kind, ByteBuffer entry)
            throws IOException {
        int index = layout.pageInSegment(address) - layout.tablePages();
        if (address <= 0 || index < 0 || layout.segmentOf(address) >= space.segments()) {
            throw new DamageException("page " + address + " cannot hold a node");
        }
        long head = layout.firstPage(layout.segmentOf(address));
        files.read(head, index * Layout.TABLE_ENTRY_BYTES, entry);
        entry.flip().order(ByteOrder.LITTLE_ENDIAN);
        // On the heap: memory outside costs more to get than the copy.
        ByteBuffer page = ByteBuffer.allocate(Layout.PAGE_BYTES);
        files.read(address, 0, page);
        page.flip().order(ByteOrder.LITTLE_ENDIAN);
        boolean known = kind == null ? entry.get(4) > 0 : entry.get(4) == kind.ordinal();
        if (!known || entry.getInt(0) != crc(page, entry)) {
            throw new DamageException(
                    "node at page "
                            + address
                            + ": kind or checksum is wrong ("
                            + (kind == null ? "any" : kind)
                            + ")");
        }
        return page;
    }

    /** Over the page, then the entry without the checksum itself. */
    private static int crc(ByteBuffer page, ByteBuffer entry) {
        CRC32C crc = new CRC32C();
        crc.update(page.duplicate());
        crc.update(entry.duplicate().position(4).limit(Layout.TABLE_ENTRY_BYTES));
        return (int) crc.getValue();
    }

    // Writing -----------------------------------------------------------------------------------

    /**
     * Writes pages and their table entries. Old entries keep their bytes, so a torn sector harms
     * none.
     */
    void write(List<NodeImage> images, long generation) throws IOException {
        List<NodeImage> sorted = new ArrayList<>(images);
        sorted.sort(Comparator.comparingLong(NodeImage::address));
        int room = Math.min(WRITE_PAGES, sorted.size());
        ByteBuffer pages = ByteBuffer.allocateDirect(room * Layout.PAGE_BYTES);
        ByteBuffer entries = ByteBuffer.allocateDirect(room * Layout.TABLE_ENTRY_BYTES);
        int i = 0;
        while (i < sorted.size()) {
            long first = sorted.get(i).address();
            pages.clear();
            entries.clear();
            int n = 0;
            while (i + n < sorted.size()
                    && n < room
                    && follows(first, n, sorted.get(i + n).address())) {
                encode(sorted.get(i + n), generation, pages, entries);
                n++;
            }
            files.write(first, 0, pages.flip());
            int index = layout.pageInSegment(first) - layout.tablePages();
            files.write(
                    layout.firstPage(layout.segmentOf(first)),
                    index * Layout.TABLE_ENTRY_BYTES,
                    entries.flip());
            settle(first, n);
            i += n;
        }
    }

    private synchronized void settle(long first, int n) {
        for (int i = 0; i < n; i++) {
            unsettled.remove(first + i);
        }
    }

    private boolean follows(long first, int n, long address) {
        return address == first + n && layout.segmentOf(address) == layout.segmentOf(first);
    }

    private static void encode(
            NodeImage image, long generation, ByteBuffer pages, ByteBuffer entries) {
        ByteBuffer page = pages.slice(pages.position(), Layout.PAGE_BYTES);
        image.content().accept(page);
        while (page.hasRemaining()) {
            page.put((byte) 0);
        }
        page.flip();
        pages.position(pages.position() + Layout.PAGE_BYTES);
        ByteBuffer entry =
                entries.slice(entries.position(), Layout.TABLE_ENTRY_BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN);
        entry.put(4, (byte) image.kind().ordinal());
        entry.put(5, (byte) image.level());
        entry.putShort(6, (short) 0);
        entry.putLong(8, image.owner());
        entry.putInt(16, image.birth());
        entry.putInt(20, 0);
        entry.putLong(24, generation);
        entry.putInt(0, crc(page, entry));
        entries.position(entries.position() + Layout.TABLE_ENTRY_BYTES);
    }
}
