package io.tidegate.copy.mover;

/**
 * The ways that the bytes of a range would go.
 *
 * @param sharedBytes taken over by reference; 0 when that way is not open
 * @param pipelinedBytes read and written, apart from holes and zeroes, which are cleared at the
 *     destination
 * @param reason why, for people; part of a sentence
 */
public record RangePlan(long sharedBytes, long pipelinedBytes, String reason) {

    /** Names of the ways, joined by {@code +}; {@code none} when nothing has to be moved. */
    public String engine() {
        return engine(sharedBytes > 0, pipelinedBytes > 0);
    }

    static String engine(boolean shared, boolean pipelined) {
        if (shared && pipelined) {
            return DataMover.SHARE + "+" + DataMover.PIPELINE;
        }
        return shared ? DataMover.SHARE : pipelined ? DataMover.PIPELINE : "none";
    }
}
