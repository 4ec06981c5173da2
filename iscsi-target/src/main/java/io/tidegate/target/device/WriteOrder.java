package io.tidegate.target.device;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.OwnInterrupt;
import java.util.ArrayList;
import java.util.List;

/**
 * Orders the writes of one logical unit: a write waits for every earlier one that overlaps it, of
 * whichever nexus, held or waiting. So a write that hangs in its device after its connection was
 * lost lands before what the host sends again on this or another path, and never on top of it.
 *
 * <p>Devices order what reaches them only piece by piece, and only once it has reached them. Writes
 * to different devices do not meet: after a promotion nobody waits for the lost volume.
 *
 * <p>For workers; waiting cannot be interrupted.
 */
final class WriteOrder {

    /** A write under way, from {@link #take} to {@link #give}. */
    static final class Turn {
        private final BlockDevice device;
        private final long first;
        private final long end;

        private Turn(BlockDevice device, long first, long end) {
            this.device = device;
            this.first = first;
            this.end = end;
        }

        private boolean meets(Turn other) {
            return device == other.device && first < other.end && other.first < end;
        }
    }

    // In the order of coming; as many as workers are on the unit, so a scan is short.
    private final List<Turn> turns = new ArrayList<>();
    private int waiting;

    /**
     * Waits until no earlier write overlaps the range.
     *
     * @param offset in bytes
     * @param length in bytes
     */
    synchronized Turn take(BlockDevice device, long offset, long length) {
        Turn mine = new Turn(device, offset, offset + length);
        turns.add(mine);
        boolean interrupted = false;
        while (blocked(mine)) {
            waiting++;
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true; // not ours to act on: the buffer is the task's
            } finally {
                waiting--;
            }
        }
        if (interrupted) {
            OwnInterrupt.keep();
        }
        return mine;
    }

    private boolean blocked(Turn mine) {
        for (Turn earlier : turns) {
            if (earlier == mine) {
                return false;
            }
            if (earlier.meets(mine)) {
                return true;
            }
        }
        throw new IllegalStateException("a turn that was not taken");
    }

    /** The write is over: its last system call has returned. */
    synchronized void give(Turn mine) {
        turns.remove(mine);
        if (waiting > 0) {
            notifyAll();
        }
    }
}
