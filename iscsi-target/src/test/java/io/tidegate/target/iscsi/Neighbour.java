package io.tidegate.target.iscsi;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A session of another host that writes, reads back and compares all the time, while a test does
 * its worst to the target. Uses the last MiB of the unit.
 */
final class Neighbour implements AutoCloseable {
    private static final int FIRST = (TestTarget.SIZE - (1 << 20)) / 512;
    private static final int BLOCKS = 16;

    private final RawInitiator initiator;
    private final Semaphore rounds = new Semaphore(0);
    private final Thread thread;
    private volatile boolean ending;
    private volatile @Nullable Throwable failure;

    /** From an address of its own: caps for one address are no business of it. */
    Neighbour(TestTarget target) throws Exception {
        initiator = new RawInitiator(target, "127.0.0.9");
        initiator.isid = 0x40000000beefL;
        initiator.name = "iqn.2026-11.io.tidegate:neighbour";
        initiator.open("ImmediateData=No");
        thread = new Thread(this::run, "neighbour");
        thread.start();
    }

    private void run() {
        Random random = new Random(11);
        byte[] data = new byte[BLOCKS * 512];
        try {
            while (!ending) {
                int lba = FIRST + random.nextInt((1 << 20) / 512 - BLOCKS);
                random.nextBytes(data);
                initiator.command(RawInitiator.cdb(0x2a, lba, BLOCKS), true, data.length, true);
                assertThat(initiator.serve(data, 4096)).isZero();
                assertThat(initiator.read(lba, BLOCKS)).isEqualTo(data);
                rounds.release();
            }
        } catch (Exception | AssertionError e) {
            failure = e;
            rounds.release(1 << 20);
        }
    }

    /** Waits until it has done so many more rounds, every one of them right. */
    void goesOn(int more) throws Exception {
        rounds.drainPermits();
        assertThat(rounds.tryAcquire(more, 30, TimeUnit.SECONDS))
                .as("the neighbour's commands are answered")
                .isTrue();
        assertThat(failure).isNull();
    }

    @Override
    public void close() throws Exception {
        ending = true;
        thread.join();
        initiator.close();
        assertThat(failure).isNull();
    }
}
