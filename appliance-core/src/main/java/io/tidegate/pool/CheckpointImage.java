package io.tidegate.pool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.eclipse.collections.impl.list.mutable.primitive.LongArrayList;

/**
 * Everything that a checkpoint writes, taken at one instant while nothing changes: map nodes, new
 * chunks of dead-lists, the volume directory and the pages of the free map that changed. All get
 * their places here, so that the free map that is written knows of them.
 */
final class CheckpointImage {

    final List<NodeImage> images = new ArrayList<>();
    final List<MapNode> nodes;
    final List<DeadList> lists;

    /** Free in this image, still in use in the one before. */
    final LongArrayList freed;

    /** With the number of segments that this image knows of. */
    final Layout layout;

    final Superblock.Blob directory;
    final Superblock.Blob space;
    final Superblock.Blob shares;

    /** Where nothing is shared any more, to be given to {@link ShareTable#durable} later. */
    final List<ShareTable.Quiet> quiet;

    final BitSet spacePages = new BitSet();

    /** Segments whose page of checksums is written. */
    final BitSet sealPages;

    final LongArrayList directoryPages;
    final LongArrayList indexPages;
    final LongArrayList sharePages;

    /** Where each page of the free map stands from now on; 0 for one that has nothing to say. */
    final long[] spaceAt;

    /**
     * @param carried pages of an earlier cut that failed to be written; takes those of this one
     *     that later ones need as well
     * @param before what the last durable checkpoint holds
     */
    CheckpointImage(
            PoolState state,
            NodeStore store,
            SpaceMap spaceMap,
            ShareTable shareTable,
            Retirement retirement,
            List<NodeImage> carried,
            Places before)
            throws IOException {
        layout = spaceMap.layout();
        LongArrayList old = new LongArrayList();
        lists = DirectoryCodec.lists(state);
        for (DeadList list : lists) {
            list.place(carried, old);
        }
        byte[] content = DirectoryCodec.encode(state);
        directoryPages = take(store, Blobs.pagesFor(content.length));
        byte[] index = new byte[spaceMap.pages() * Long.BYTES];
        indexPages = take(store, Blobs.pagesFor(index.length));
        byte[] shared = shareTable.encode();
        quiet = shareTable.cut();
        sharePages = take(store, Blobs.pagesFor(shared.length));
        Seals.Placed sealed = spaceMap.seals.place(store, images, old);
        sealPages = sealed.pages();
        sealed.changed().stream().forEach(spaceMap::touch);
        spaceMap.claims.unclaimNodes(spaceMap.seals.takeClaim());
        old.addAll(before.directoryPages);
        old.addAll(before.indexPages);
        old.addAll(before.sharePages);
        old.forEach(spaceMap::free);
        spaceAt = Arrays.copyOf(before.spaceAt, spaceMap.pages());
        placeSpacePages(store, spaceMap, old);

        ByteBuffer.wrap(index).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().put(spaceAt);
        images.addAll(carried);
        images.addAll(Blobs.images(content, directoryPages, NodeImage.Kind.DIRECTORY));
        images.addAll(Blobs.images(index, indexPages, NodeImage.Kind.SPACE_INDEX));
        images.addAll(Blobs.images(shared, sharePages, NodeImage.Kind.SHARES));
        for (int p = spacePages.nextSetBit(0); p >= 0; p = spacePages.nextSetBit(p + 1)) {
            ByteBuffer page = ByteBuffer.allocate(Layout.PAGE_BYTES);
            spaceMap.encode(p, page);
            page.flip();
            images.add(
                    NodeImage.page(
                            spaceAt[p], NodeImage.Kind.SPACE, p, b -> b.put(page.duplicate())));
        }
        nodes = store.takeMade();
        nodes.forEach(n -> images.add(NodeImage.of(n)));
        state.freezeAll();
        directory = new Superblock.Blob(directoryPages.get(0), content.length);
        space = new Superblock.Blob(indexPages.get(0), index.length);
        shares = new Superblock.Blob(sharePages.isEmpty() ? 0 : sharePages.get(0), shared.length);
        freed = retirement.cut();
        freed.addAll(old);
    }

    /**
     * How many pages the next image may take at most: what it writes anew, and of the free map
     * every page, since each place that is taken or given up may change one more.
     */
    static int pagesAtMost(PoolState state, SpaceMap spaceMap, ShareTable shareTable) {
        long lists = 0;
        for (DeadList list : DirectoryCodec.lists(state)) {
            lists += list.pagesToPlace();
        }
        // A chunk that a list gets is one more number in the directory.
        long directory = DirectoryCodec.bytesAtMost(state) + lists * Long.BYTES;
        long pages =
                lists
                        + Blobs.pagesFor(directory)
                        + Blobs.pagesFor((long) spaceMap.pages() * Long.BYTES)
                        + Blobs.pagesFor(shareTable.bytesAtMost())
                        + spaceMap.seals.dirtyPages()
                        + spaceMap.pages();
        return Math.toIntExact(pages);
    }

    /** Taking a place changes the free map, which may need one page more: until nothing is new. */
    private void placeSpacePages(NodeStore store, SpaceMap spaceMap, LongArrayList old)
            throws IOException {
        BitSet todo = spaceMap.takeDirtyPages();
        while (!todo.isEmpty()) {
            for (int p = todo.nextSetBit(0); p >= 0; p = todo.nextSetBit(p + 1)) {
                long former = spaceAt[p];
                spaceAt[p] = store.take();
                if (former != 0) {
                    spaceMap.free(former);
                    old.add(former);
                }
                spacePages.set(p);
            }
            todo = spaceMap.takeDirtyPages();
            todo.andNot(spacePages);
        }
    }

    private static LongArrayList take(NodeStore store, int pages) throws IOException {
        LongArrayList taken = new LongArrayList(pages);
        for (int i = 0; i < pages; i++) {
            taken.add(store.take());
        }
        return taken;
    }

    /** Where the parts stand that are written anew as a whole. */
    record Places(
            LongArrayList directoryPages,
            LongArrayList indexPages,
            LongArrayList sharePages,
            long[] spaceAt) {
        static Places none(int spacePages) {
            return new Places(
                    new LongArrayList(),
                    new LongArrayList(),
                    new LongArrayList(),
                    new long[spacePages]);
        }
    }

    Places places() {
        return new Places(directoryPages, indexPages, sharePages, spaceAt);
    }
}
