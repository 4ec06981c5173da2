package io.tidegate.presentation;

import io.tidegate.block.BlockDevice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A logical unit that is offered to hosts: an identity, and a pointer to a device that a promotion
 * can move.
 *
 * <pre>
 *   OPEN  --closeGate-->  GATED  --open-->  OPEN      (same or next generation)
 *   GATED --hold------->  HELD   --open-->  OPEN
 * </pre>
 *
 * <p>Every medium command enters before it starts and exits when it is complete. The entry tells
 * the device and the generation it belongs to; <b>a command whose entry is no longer current must
 * never be answered GOOD</b>, since its write may have gone to a volume that hosts no longer see.
 *
 * <p>Safe for concurrent calls. {@link #enter} never blocks and takes no lock.
 */
public final class LogicalUnit {

    /** Whether medium commands run, wait or are refused. */
    public enum State {
        OPEN,
        /** Commands wait; for seconds only. */
        GATED,
        /** Commands are refused until an operator confirms that no host has the unit mounted. */
        HELD
    }

    /** The pass of one command, shared by all commands that entered in one period. */
    public static final class Entry {
        private final LogicalUnit unit;
        private final BlockDevice device;
        private final long generation;
        private final State state;
        private final AtomicInteger inside = new AtomicInteger();

        private Entry(LogicalUnit unit, BlockDevice device, long generation, State state) {
            this.unit = unit;
            this.device = device;
            this.generation = generation;
            this.state = state;
        }

        /** What the command reads and writes. */
        public BlockDevice device() {
            return device;
        }

        public long generation() {
            return generation;
        }

        /** Whether the unit still points where it did when the command entered. */
        public boolean current() {
            return unit.current.generation == generation;
        }

        /** The command is complete: its last system call has returned. Once for each entering. */
        public void exit() {
            if (inside.decrementAndGet() == 0 && unit.current != this) {
                unit.wakeDrain();
            }
        }
    }

    private final LogicalUnitId id;
    private final UnitIdentity identity;
    private final Object gate = new Object();
    private final List<Runnable> parked = new ArrayList<>();

    private volatile Entry current;
    private volatile UnitShape shape;
    private volatile String name;

    /**
     * Periods that ended, with commands still inside; guarded by gate. A command that outlives a
     * failed drain, or was abandoned by a promotion, stays here until its last system call returns.
     */
    private final List<Entry> undrained = new ArrayList<>();

    public LogicalUnit(
            LogicalUnitId id,
            UnitIdentity identity,
            String name,
            UnitShape shape,
            BlockDevice device,
            long generation,
            State state) {
        this.id = id;
        this.identity = identity;
        this.name = name;
        this.shape = shape;
        this.current = new Entry(this, device, generation, state);
    }

    public LogicalUnitId id() {
        return id;
    }

    public UnitIdentity identity() {
        return identity;
    }

    /** The administrators' name of it and of its volume; for logs and metrics. */
    public String name() {
        return name;
    }

    public void rename(String newName) {
        name = newName;
    }

    public UnitShape shape() {
        return shape;
    }

    /** Takes a new shape, as after a resize; whoever calls raises the attentions. */
    public void reshape(UnitShape newShape) {
        shape = newShape;
    }

    public State state() {
        return current.state;
    }

    public long generation() {
        return current.generation;
    }

    /** The device behind the unit, for what is no medium command. */
    public BlockDevice device() {
        return current.device;
    }

    /**
     * Enters for one medium command.
     *
     * @return the pass, or null when the unit is gated or held: see {@link #park} and {@link
     *     #state}
     */
    public @Nullable Entry enter() {
        while (true) {
            Entry entry = current;
            if (entry.state != State.OPEN) {
                return null;
            }
            entry.inside.incrementAndGet();
            if (current == entry) {
                return entry;
            }
            entry.exit(); // the gate closed between the two reads: look again
        }
    }

    /**
     * Has {@code retry} called once the gate has opened or the unit is held; at once when it is not
     * gated. The call comes on an administrative thread: it must only queue the command again.
     */
    public void park(Runnable retry) {
        synchronized (gate) {
            if (current.state == State.GATED) {
                parked.add(retry);
                return;
            }
        }
        retry.run();
    }

    /** Closes the gate: no command enters any more. Does nothing when it is closed or held. */
    public void closeGate() {
        synchronized (gate) {
            Entry open = current;
            if (open.state == State.OPEN) {
                current = new Entry(this, open.device, open.generation, State.GATED);
                undrained.add(open);
            }
        }
    }

    /**
     * Begins a new period of the same generation without closing the gate, so that {@link
     * #awaitDrained} then waits for the commands that entered before. Does nothing unless open.
     */
    public void separate() {
        synchronized (gate) {
            Entry open = current;
            if (open.state == State.OPEN) {
                current = new Entry(this, open.device, open.generation, State.OPEN);
                undrained.add(open);
            }
        }
    }

    /**
     * Waits until every command that entered before the gate closed has exited, abandoned ones too.
     *
     * @return false when some were still inside after {@code limit}
     */
    public boolean awaitDrained(Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        synchronized (gate) {
            while (draining()) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                gate.wait(Math.max(1, left / 1_000_000));
            }
            return true;
        }
    }

    /** Opens the gate on the device and generation as they were; parked commands go on. */
    public void open() {
        swap(current.device, current.generation, State.OPEN);
    }

    /**
     * Points the unit at a device and opens or holds it. The gate must be closed, or the unit held.
     *
     * @param generation higher than the present one when the device is another one
     */
    public void swap(BlockDevice device, long generation, State state) {
        List<Runnable> wake;
        synchronized (gate) {
            if (current.state == State.OPEN) {
                throw new IllegalStateException(id + " is open: close its gate first");
            }
            if (device != current.device && generation <= current.generation) {
                throw new IllegalArgumentException(id + ": another device needs a new generation");
            }
            current = new Entry(this, device, generation, state);
            if (state != State.GATED) {
                wake = List.copyOf(parked);
                parked.clear();
            } else {
                wake = List.of();
            }
        }
        wake.forEach(Runnable::run);
    }

    /** Whether commands of an ended period are still under way on the device. */
    boolean inUse(BlockDevice device) {
        synchronized (gate) {
            return undrained.stream()
                    .anyMatch(period -> period.device == device && period.inside.get() > 0);
        }
    }

    /** Whether commands of before the gate closed are still under way. */
    public boolean draining() {
        synchronized (gate) {
            undrained.removeIf(period -> period.inside.get() == 0);
            return !undrained.isEmpty();
        }
    }

    private void wakeDrain() {
        synchronized (gate) {
            gate.notifyAll();
        }
    }

    @Override
    public String toString() {
        return name + " (" + id + ")";
    }
}
