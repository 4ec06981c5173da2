package io.tidegate.bench.pool;

import java.util.Locale;
import java.util.SplittableRandom;
import org.eclipse.collections.impl.set.mutable.primitive.LongHashSet;

/**
 * A counting program, no disk: what a snapshot's interval keeps of the map for each scattered
 * change of 4 KiB, by the sizes of leaves and inner nodes. 64 GiB, 8-byte slots, seeded.
 */
final class NodeSizeCell implements Cell {

    private static final long VOLUME_BYTES = 64 * Scene.GIB;
    private static final int SLOT_BYTES = 8;
    private static final long SEED = 42;

    private record Shape(String name, int grain, int leaf, int inner) {}

    @Override
    public String name() {
        return "nodes";
    }

    @Override
    public String about() {
        return "counted, 64 GiB: map kept for each scattered change, and map and grain in units of"
                + " 4 KiB; 200 changes between 1000 snapshots, then 2000 between 100";
    }

    @Override
    public void run(Scene scene, Table table) {
        for (int grain = 4096; grain <= 65536; grain *= 2) {
            String g = (grain >> 10) + " KiB grains, nodes of ";
            count(table, new Shape(g + "4 KiB", grain, 4096, 4096));
            count(table, new Shape(g + "1 KiB, inner 4 KiB", grain, 1024, 4096));
            count(table, new Shape(g + "1 KiB", grain, 1024, 1024));
        }
    }

    private static void count(Table table, Shape shape) {
        double often = kept(shape, 1000, 200);
        double seldom = kept(shape, 100, 2000);
        table.text(
                shape.name + ", " + levels(shape) + " levels",
                String.format(
                        Locale.ROOT,
                        "%.0f B, %.1fx; %.0f B, %.1fx",
                        often,
                        times(shape, often),
                        seldom,
                        times(shape, seldom)));
    }

    /** Map and grain, in units of the 4 KiB that were changed. */
    private static double times(Shape shape, double map) {
        return (map + shape.grain) / Scene.BLOCK;
    }

    private static int levels(Shape shape) {
        int levels = 1;
        long covered = shape.leaf / SLOT_BYTES;
        while (covered < VOLUME_BYTES / shape.grain) {
            covered *= shape.inner / SLOT_BYTES;
            levels++;
        }
        return levels;
    }

    /** Bytes of nodes that were copied, divided by the changes. */
    private static double kept(Shape shape, int snapshots, int changes) {
        SplittableRandom random = new SplittableRandom(SEED);
        long bytes = 0;
        for (int s = 0; s < snapshots; s++) {
            LongHashSet nodes = new LongHashSet();
            for (int c = 0; c < changes; c++) {
                nodes.add(random.nextLong(VOLUME_BYTES / shape.grain) / (shape.leaf / SLOT_BYTES));
            }
            bytes += (long) nodes.size() * shape.leaf;
            for (int level = levels(shape) - 1; level > 0; level--) {
                LongHashSet above = new LongHashSet();
                nodes.forEach(n -> above.add(n / (shape.inner / SLOT_BYTES)));
                bytes += (long) above.size() * shape.inner;
                nodes = above;
            }
        }
        return bytes / (double) ((long) snapshots * changes);
    }
}
