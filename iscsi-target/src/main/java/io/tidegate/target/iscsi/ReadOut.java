package io.tidegate.target.iscsi;

import io.netty.buffer.ByteBuf;
import io.tidegate.presentation.LogicalUnit.Entry;
import io.tidegate.target.device.Step;
import org.jspecify.annotations.Nullable;

/** How far a read of the medium has come. For the session's loop. */
final class ReadOut {
    final long offset;
    final int length;
    final long generation;

    /** The pass into the unit; none while the connection does not take more data. */
    @Nullable Entry entry;

    /** Bytes of the present sequence; its end carries the F bit. */
    int burst;

    /** Longest Data-In data, and whether all cuts fall on block boundaries. */
    final int segment;

    final int maxBurst;
    final boolean aligned;
    final int block;

    /** What a worker fills: headers are left out until it comes back. */
    @Nullable ByteBuf chunk;

    int chunkLength;
    private int charged;
    private final Task task;

    ReadOut(Task task, Step.ReadMedium step, int length) {
        this.task = task;
        this.offset = step.offset();
        this.length = length;
        this.entry = step.entry();
        this.generation = step.entry().generation();
        this.block = step.entry().device().geometry().logicalBlockBytes();
        Session session = task.session();
        int peer = session.connection().peerMaxSegment();
        int most = session.parameters().maxBurstLength();
        this.aligned = length % block == 0 && peer >= block && most >= block;
        this.segment = aligned ? peer - peer % block : peer;
        this.maxBurst = aligned ? most - most % block : most;
    }

    int left() {
        return length - task.sent;
    }

    /** Length of the next Data-In when so much of the read is still to come. */
    int next(int left, int burstNow) {
        return Math.min(Math.min(segment, left), maxBurst - burstNow);
    }

    void leave() {
        Entry now = entry;
        if (now != null) {
            entry = null;
            now.exit();
        }
    }

    void charged(int bytes) {
        charged = bytes;
    }

    /** Gives up the chunk and its credit. */
    void dropChunk() {
        ByteBuf now = chunk;
        if (now != null) {
            chunk = null;
            now.release();
        }
        giveCredit();
    }

    void giveCredit() {
        if (charged > 0) {
            int bytes = charged;
            charged = 0;
            task.session().loop().readCredit.give(task.unit(), bytes);
        }
    }

    void release() {
        leave();
        dropChunk();
    }
}
