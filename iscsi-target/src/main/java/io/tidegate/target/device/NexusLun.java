package io.tidegate.target.device;

import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.MappedLun;
import io.tidegate.target.attention.AttentionQueue;

/** A LUN of one nexus: the unit behind it, and what the nexus is owed for it. */
final class NexusLun {

    private final MappedLun mapped;
    private final UnitState state;
    private final AttentionQueue attentions;
    private volatile long lastWrite; // milliseconds since the epoch, 0 for never
    private volatile long refusedWrite;

    NexusLun(MappedLun mapped, UnitState state) {
        this(mapped, state, new AttentionQueue());
    }

    private NexusLun(MappedLun mapped, UnitState state, AttentionQueue attentions) {
        this.mapped = mapped;
        this.state = state;
        this.attentions = attentions;
    }

    /** The same LUN after its mapping has changed, with what is owed for it. */
    NexusLun remapped(MappedLun now) {
        NexusLun next = new NexusLun(now, state, attentions);
        next.lastWrite = lastWrite;
        next.refusedWrite = refusedWrite;
        return next;
    }

    int number() {
        return mapped.number();
    }

    LogicalUnit unit() {
        return mapped.unit();
    }

    UnitState state() {
        return state;
    }

    AttentionQueue attentions() {
        return attentions;
    }

    /** Whether this nexus may not write to the medium, for a reason that no host can change. */
    boolean writeProtected() {
        return mapped.readOnly() || mapped.unit().shape().writeProtected();
    }

    void wrote(long millis) {
        lastWrite = millis;
    }

    void refusedWrite(long millis) {
        refusedWrite = millis;
    }

    long lastWriteMillis() {
        return lastWrite;
    }

    long refusedWriteMillis() {
        return refusedWrite;
    }
}
