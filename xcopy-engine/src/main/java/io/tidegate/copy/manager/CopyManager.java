package io.tidegate.copy.manager;

import io.tidegate.copy.mover.DataMover;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.scsi.copy.CopyLimits;
import java.nio.ByteBuffer;
import java.time.Clock;
import org.jspecify.annotations.Nullable;

/**
 * The copy manager: runs EXTENDED COPY and answers RECEIVE COPY RESULTS for all hosts. Thread-safe.
 */
public final class CopyManager implements AutoCloseable {

    /**
     * @param mover moves the bytes; stays the caller's to close, after this manager
     * @param clock for how long results are kept
     */
    public CopyManager(CopyLimits limits, DataMover mover, CopyAudit audit, Clock clock) {
        throw new UnsupportedOperationException();
    }

    /**
     * Runs a command with opcode 83h or 84h. Blocks while bytes move; call it from a virtual
     * thread. The caller has checked attentions, reservations and reserved CDB bits.
     *
     * @param receivedBy the unit that the command is addressed to
     * @param cdb 16 bytes
     * @param parameterList data-out between position and limit; empty for 84h
     */
    public CopyReply execute(
            CopyNexus nexus, LogicalUnit receivedBy, byte[] cdb, ByteBuffer parameterList) {
        throw new UnsupportedOperationException();
    }

    /**
     * Ends the copies of a nexus, or of all nexuses that touch a unit, or where both are given
     * those of the nexus that touch the unit. Returns when no piece of them is under way any more;
     * not a byte changes by them afterwards. Blocks: not for loops.
     *
     * @param nexusKey {@link CopyNexus#key}, or null for all
     * @param unit or null for all
     */
    public void fence(@Nullable String nexusKey, @Nullable LogicalUnit unit) {
        throw new UnsupportedOperationException();
    }

    /** VPD page 8Fh with its header, at most 1,024 bytes. A fresh array. */
    public byte[] vpdThirdPartyCopy() {
        throw new UnsupportedOperationException();
    }

    public CopyCounters counters() {
        throw new UnsupportedOperationException();
    }

    /** Ends all copies and refuses new ones. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
