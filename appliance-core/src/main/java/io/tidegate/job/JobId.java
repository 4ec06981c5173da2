package io.tidegate.job;

/** A job's number, counted up from 1 for each catalog. */
public record JobId(long value) {

    public static JobId of(String text) {
        return new JobId(Long.parseLong(text));
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
