package io.tidegate.bench.pool;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * The pool's benchmarks, all or some, in one run. Every figure stands beside what it is compared to
 * in the same minutes.
 *
 * <p>Usage: {@code PoolSuite DIR [cell...]}. DIR needs 6 GiB of room; without a cell's name all
 * run, in about ten minutes.
 */
public final class PoolSuite {

    private static final List<Cell> CELLS =
            List.of(
                    new PlainCell(),
                    new FirstWriteCell(),
                    new SnapshotCell(),
                    new SnapshotLoadCell(),
                    new ManySnapshotsCell(),
                    new ListCell(),
                    new HeapCell(),
                    new GroupCommitCell(),
                    new CopyCell(),
                    new GrainCell(),
                    new NodeSizeCell(),
                    new QcowCell(),
                    new ReflinkCell());

    private PoolSuite() {}

    public static void main(String[] args) throws Exception {
        List<String> names = CELLS.stream().map(Cell::name).toList();
        Set<String> wanted =
                new TreeSet<>(Arrays.asList(args).subList(Math.min(1, args.length), args.length));
        if (args.length == 0 || !names.containsAll(wanted)) {
            System.err.println("usage: PoolSuite DIR [cell...], cells: " + String.join(" ", names));
            System.exit(2);
        }
        Table table = new Table(System.out);
        boolean good = true;
        for (Cell cell : CELLS) {
            if (wanted.isEmpty() || wanted.contains(cell.name())) {
                good &= run(Path.of(args[0]), cell, table);
            }
        }
        table.printAll();
        if (!good) {
            System.exit(1);
        }
    }

    /** A cell that breaks is said, and the others still run. */
    private static boolean run(Path directory, Cell cell, Table table) throws Exception {
        System.out.printf(Locale.ROOT, "%n== %s: %s%n", cell.name(), cell.about());
        long start = System.nanoTime();
        boolean good = false;
        try (Scene scene = new Scene(directory, cell.name())) {
            cell.run(scene, table);
            good = true;
        } catch (Exception e) {
            e.printStackTrace(System.out);
            table.holds("cell " + cell.name(), false, "broke: " + e);
        }
        System.out.printf(Locale.ROOT, "   (%.0f s)%n", (System.nanoTime() - start) / 1e9);
        return good;
    }
}
