package io.tidegate.shell;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/** The appliance as a whole, for {@code system show}, {@code health} and {@code shutdown}. */
public interface SystemControl {

    /**
     * One thing that was looked at.
     *
     * @param area such as {@code pool fast}
     * @param finding what was found
     * @param fix what to do; present when it is not well
     */
    record Check(String area, boolean well, String finding, Optional<String> fix) {}

    /** Product, commit, Java, format versions: what {@code ./tidegate version} says. */
    SequencedMap<String, String> versions();

    /** Where the appliance listens: {@code iscsi}, {@code ssh}, {@code http}. */
    SequencedMap<String, String> addresses();

    /** Host keys of the shell. */
    List<String> hostKeys();

    Instant startedAt();

    /** What is well and what is not, now. */
    List<Check> health();

    /** Metrics in Prometheus' text format. */
    String metrics();

    /** Begins to end the process: sessions drained, jobs stopped where they can go on later. */
    void shutdown();
}
