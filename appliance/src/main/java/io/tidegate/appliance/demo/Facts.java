package io.tidegate.appliance.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/** Prints what was measured, and remembers whether every comparison held. */
final class Facts {

    private final PrintStream out;
    private final long start = System.nanoTime();
    private boolean good = true;

    Facts(PrintStream out) {
        this.out = out;
    }

    /** A step begins. */
    void step(String what) {
        double seconds = (System.nanoTime() - start) / 1e9;
        out.printf(Locale.ROOT, "%n[%5.1f s] %s%n", seconds, what);
    }

    /** A measured fact. */
    void fact(String name, String format, Object... values) {
        out.printf(
                Locale.ROOT,
                "          %-26s %s%n",
                name,
                String.format(Locale.ROOT, format, values));
    }

    /** A comparison; a false one makes the demonstration fail. */
    void check(String name, boolean holds, String seen) {
        good &= holds;
        fact(name, "%s  %s", holds ? "ok  " : "FAILED", seen);
    }

    boolean good() {
        return good;
    }

    static String rate(long bytes, Duration time) {
        double seconds = Math.max(1e-9, time.toNanos() / 1e9);
        return String.format(
                Locale.ROOT, "%.2f s, %.0f MiB/s", seconds, bytes / seconds / (1 << 20));
    }

    static String mib(long bytes) {
        return String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20));
    }
}
