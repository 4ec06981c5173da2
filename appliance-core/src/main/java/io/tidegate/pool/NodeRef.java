package io.tidegate.pool;

/**
 * Where a root stands, whether or not it is in memory.
 *
 * @param address its page
 * @param level 0 for a leaf
 * @param birth epoch in which it was made
 */
record NodeRef(long address, int level, int birth) {

    static NodeRef of(MapNode node) {
        return new NodeRef(node.address, node.level, node.birth);
    }
}
