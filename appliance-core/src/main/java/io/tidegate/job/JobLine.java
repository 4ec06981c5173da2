package io.tidegate.job;

import java.time.Instant;

/** A line of a job's log. */
public record JobLine(Instant at, String text) {}
