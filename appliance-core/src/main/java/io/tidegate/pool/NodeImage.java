package io.tidegate.pool;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * A metadata page that a checkpoint writes.
 *
 * @param address its page
 * @param kind what it is
 * @param level of a map node, else 0
 * @param birth of a map node, else 0
 * @param owner serial of the volume or list, else 0
 * @param content fills the page from position 0; the rest is zero
 */
record NodeImage(
        long address, Kind kind, int level, int birth, long owner, Consumer<ByteBuffer> content) {

    /** What a metadata page holds; the ordinal stands on disk. */
    enum Kind {
        NONE,
        MAP,
        DEAD_LIST,
        DIRECTORY,
        SPACE_INDEX,
        SPACE,
        SHARES,
        SEALS
    }

    static NodeImage of(MapNode node) {
        return new NodeImage(
                node.address, Kind.MAP, node.level, node.birth, node.owner, node::encode);
    }

    static NodeImage page(long address, Kind kind, long owner, Consumer<ByteBuffer> content) {
        return new NodeImage(address, kind, 0, 0, owner, content);
    }
}
