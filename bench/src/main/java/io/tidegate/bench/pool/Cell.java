package io.tidegate.bench.pool;

/** One benchmark of the suite. It bounds its own time and disk, and leaves nothing behind. */
interface Cell {

    /** As it is named on the command line. */
    String name();

    /** What is compared, in one line. */
    String about();

    /**
     * @param scene an empty directory of its own, removed afterwards
     * @param table where its figures go
     */
    void run(Scene scene, Table table) throws Exception;
}
