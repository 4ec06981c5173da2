package io.tidegate.pool;

import io.tidegate.volume.StoreException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of an opening: no new commands, the background stopped, commands and readers out, a last
 * checkpoint, files closed. Whoever calls lifts the handles before, and releases the lock after.
 */
final class Ending {

    private static final Logger LOG = LoggerFactory.getLogger(Ending.class);
    private static final long POLL_NANOS = 100_000;

    private final PoolCore core;
    private final BootToken token;

    Ending(PoolCore core, BootToken token) {
        this.core = core;
        this.token = token;
    }

    /**
     * Waits for as long as commands are under way. The files are closed in any case.
     *
     * @param clean whether what was written is to be kept by a checkpoint
     */
    void run(boolean clean) throws StoreException {
        core.growing.lock();
        try {
            core.closed = true;
        } finally {
            core.growing.unlock();
        }
        core.maintenance.stop();
        core.sealer.stop();
        try {
            quiesce();
            if (clean && core.health.writable()) {
                finish();
            }
        } catch (IOException e) {
            throw Failures.store(e, core);
        } finally {
            try {
                core.closeFiles();
            } catch (IOException e) {
                LOG.error("pool {}: a file could not be closed", core.name, e);
            }
        }
    }

    /** A last checkpoint; where none can be made, a barrier keeps what the log has. */
    private void finish() throws IOException {
        boolean done = false;
        try {
            done = core.checkpointer.run(true);
        } finally {
            if (!done && core.health.writable()) {
                core.barrier.flush(core.wal.queuedLsn());
            }
        }
        if (done) {
            token.remove();
        }
    }

    /** Waits until no command and no reader is inside. */
    private void quiesce() {
        List<Volume> all = new ArrayList<>(core.state.bySerial.values());
        for (Volume v : all) {
            v.deleted = true;
            v.gate.close();
            while (!v.gate.awaitDrained(System.nanoTime() + core.options.drainLimit().toNanos())) {
                LOG.info("pool {} waits for writes to end", core.name);
            }
            v.gate.open();
        }
        long era = core.guards.advance();
        while (!core.guards.allPast(era)) {
            LockSupport.parkNanos(POLL_NANOS);
        }
    }
}
