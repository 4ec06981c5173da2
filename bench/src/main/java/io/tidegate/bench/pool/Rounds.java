package io.tidegate.bench.pool;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.List;

/**
 * Times operations in short slices, the compared ones by turns, so that whatever else the machine
 * does meets all of them alike. Medians count.
 *
 * <p>Two clocks: the wall, and the processor time of the calling thread. For work that never waits
 * the second is the sounder figure on a machine that is not alone.
 */
final class Rounds {

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int BATCH = 64;
    private static final int WARM_UP_SLICES = 15;

    private Rounds() {}

    /** One operation. */
    interface Op {
        void run() throws Exception;
    }

    /** Nanoseconds of one operation: medians over the slices. */
    record Cost(double wallNanos, double cpuNanos) {

        double perSecond() {
            return 1e9 / wallNanos;
        }

        double perCpuSecond() {
            return 1e9 / cpuNanos;
        }
    }

    /** Times operations by turns, after a warm-up of each. */
    static Cost[] byTurns(int slices, long sliceNanos, List<Op> ops) throws Exception {
        double[][] wall = new double[ops.size()][slices];
        double[][] cpu = new double[ops.size()][slices];
        for (int s = -WARM_UP_SLICES; s < slices; s++) {
            for (int o = 0; o < ops.size(); o++) {
                Cost c = slice(ops.get(o), sliceNanos);
                if (s >= 0) {
                    wall[o][s] = c.wallNanos;
                    cpu[o][s] = c.cpuNanos;
                }
            }
        }
        Cost[] medians = new Cost[ops.size()];
        for (int o = 0; o < medians.length; o++) {
            medians[o] = new Cost(median(wall[o]), median(cpu[o]));
        }
        return medians;
    }

    private static Cost slice(Op op, long nanos) throws Exception {
        long cpu = THREADS.getCurrentThreadCpuTime();
        long start = System.nanoTime();
        long done = 0;
        while (true) {
            for (int i = 0; i < BATCH; i++) {
                op.run();
            }
            done += BATCH;
            long now = System.nanoTime();
            if (now - start > nanos) {
                long used = THREADS.getCurrentThreadCpuTime() - cpu;
                return new Cost((now - start) / (double) done, used / (double) done);
            }
        }
    }

    /** Times a fixed number of operations once. */
    static Cost once(int count, Op op) throws Exception {
        long cpu = THREADS.getCurrentThreadCpuTime();
        long start = System.nanoTime();
        for (int i = 0; i < count; i++) {
            op.run();
        }
        double wall = System.nanoTime() - start;
        return new Cost(wall / count, (THREADS.getCurrentThreadCpuTime() - cpu) / (double) count);
    }

    /** Milliseconds that something takes. */
    static double millis(Op op) throws Exception {
        long start = System.nanoTime();
        op.run();
        return (System.nanoTime() - start) / 1e6;
    }

    static double median(double[] values) {
        return percentile(values, 50);
    }

    static double percentile(double[] values, double percent) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int i = (int) Math.ceil(percent / 100 * sorted.length) - 1;
        return sorted[Math.clamp(i, 0, sorted.length - 1)];
    }
}
