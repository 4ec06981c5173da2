package io.tidegate.block;

import io.tidegate.block.DeviceException.Kind;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A device that fails on order, on top of any other.
 *
 * <p>The fault model. A {@link Fault} names an operation, a range and how many matching calls to
 * let pass before and how many to hit; its {@link Effect} says what happens to those:
 *
 * <pre>
 *   FAIL     the call throws the kind; nothing reaches the device below
 *   TORN     a write puts its first half (whole blocks) below, then throws the kind
 *   LATE     a write, discard or flush is done below, then throws the kind
 *   LOST     a write or discard answers well, and nothing reaches the device below
 *   CORRUPT  a read answers well with the lowest bit of the first byte in the range flipped;
 *            a write stores its bytes so
 * </pre>
 *
 * Faults are looked at in the order in which they were added; the first that matches and is not
 * used up counts. A flush matches whatever the range. A read without waiting counts as a read. What
 * it does not model: a loss of what was not flushed, and reordering.
 */
public final class FaultDevice extends StackedDevice {

    /** The calls that a fault may hit; an update counts as a read and then as a write. */
    public enum Operation {
        READ,
        WRITE,
        FLUSH,
        DISCARD
    }

    /** What happens to a call that is hit. */
    public enum Effect {
        FAIL,
        TORN,
        LATE,
        LOST,
        CORRUPT
    }

    /** One planned fault; counts down as it is used. */
    public static final class Fault {
        private final Operation operation;
        private final Effect effect;
        private final Kind kind;
        private long offset;
        private long end = Long.MAX_VALUE;
        private final AtomicInteger toSkip = new AtomicInteger();
        private final AtomicInteger toHit = new AtomicInteger(Integer.MAX_VALUE);
        private final AtomicInteger hits = new AtomicInteger();

        private Fault(Operation operation, Effect effect, Kind kind) {
            this.operation = operation;
            this.effect = effect;
            this.kind = kind;
        }

        /** Every call, for ever, answers with this kind. */
        public static Fault fail(Operation operation, Kind kind) {
            return new Fault(operation, Effect.FAIL, kind);
        }

        /** Another effect; the kind is for those effects that throw. */
        public static Fault of(Operation operation, Effect effect, Kind kind) {
            return new Fault(operation, effect, kind);
        }

        /** Only calls that touch this range. */
        public Fault in(long offset, long length) {
            this.offset = offset;
            this.end = offset + length;
            return this;
        }

        /** Lets that many matching calls pass first. */
        public Fault after(int calls) {
            toSkip.set(calls);
            return this;
        }

        /** Hits that many calls, then no more. */
        public Fault times(int calls) {
            toHit.set(calls);
            return this;
        }

        /** How many calls it has hit. */
        public int hits() {
            return hits.get();
        }

        private boolean takes(Operation asked, long from, long to) {
            if (asked != operation
                    || (asked != Operation.FLUSH && (from >= end || to <= offset))
                    || toHit.get() <= 0) {
                return false;
            }
            if (toSkip.getAndUpdate(n -> n > 0 ? n - 1 : 0) > 0) {
                return false;
            }
            if (toHit.getAndUpdate(n -> n > 0 && n < Integer.MAX_VALUE ? n - 1 : n) <= 0) {
                return false;
            }
            hits.incrementAndGet();
            return true;
        }
    }

    private final List<Fault> faults = new CopyOnWriteArrayList<>();
    private final Map<Operation, AtomicLong> calls = new EnumMap<>(Operation.class);
    private volatile boolean missTryRead;

    public FaultDevice(BlockDevice lower) {
        super(lower);
        for (Operation operation : Operation.values()) {
            calls.put(operation, new AtomicLong());
        }
    }

    /** Adds a fault, which is in force at once. */
    public Fault add(Fault fault) {
        faults.add(fault);
        return fault;
    }

    /** The device is whole again. */
    public void clear() {
        faults.clear();
        missTryRead = false;
    }

    /** Makes every {@link #tryRead} answer false, as of a device that caches nothing. */
    public void missTryReads(boolean miss) {
        missTryRead = miss;
    }

    /** Calls so far, those that failed too. */
    public long calls(Operation operation) {
        return count(operation).get();
    }

    private AtomicLong count(Operation operation) {
        return Objects.requireNonNull(calls.get(operation));
    }

    private @Nullable Fault hit(Operation operation, long offset, long length) {
        count(operation).incrementAndGet();
        for (Fault fault : faults) {
            if (fault.takes(operation, offset, offset + length)) {
                return fault;
            }
        }
        return null;
    }

    private DeviceException failure(Fault fault, long offset, long length) {
        return new DeviceException(
                fault.kind, toString(), offset, length, "planned " + fault.operation + " fault");
    }

    @Override
    public void read(long offset, ByteBuffer into) throws DeviceException {
        Fault fault = hit(Operation.READ, offset, into.remaining());
        if (fault != null && fault.effect != Effect.CORRUPT) {
            throw failure(fault, offset, into.remaining());
        }
        int start = into.position();
        super.read(offset, into);
        if (fault != null) {
            flip(into, start, offset, fault);
        }
    }

    @Override
    public boolean tryRead(long offset, ByteBuffer into) throws DeviceException {
        if (missTryRead) {
            return false;
        }
        Fault fault = hit(Operation.READ, offset, into.remaining());
        if (fault != null && fault.effect != Effect.CORRUPT) {
            throw failure(fault, offset, into.remaining());
        }
        int start = into.position();
        if (!super.tryRead(offset, into)) {
            return false;
        }
        if (fault != null) {
            flip(into, start, offset, fault);
        }
        return true;
    }

    private static void flip(ByteBuffer bytes, int start, long offset, Fault fault) {
        int at = start + (int) Math.max(0, fault.offset - offset);
        bytes.put(at, (byte) (bytes.get(at) ^ 1));
    }

    @Override
    public void write(long offset, ByteBuffer from) throws DeviceException {
        int length = from.remaining();
        Fault fault = hit(Operation.WRITE, offset, length);
        if (fault == null) {
            super.write(offset, from);
            return;
        }
        switch (fault.effect) {
            case FAIL -> throw failure(fault, offset, length);
            case TORN -> {
                int block = geometry().logicalBlockBytes();
                int half = length / block / 2 * block;
                super.write(offset, from.duplicate().limit(from.position() + half));
                throw failure(fault, offset, length);
            }
            case LATE -> {
                super.write(offset, from);
                throw failure(fault, offset, length);
            }
            case LOST -> from.position(from.limit());
            case CORRUPT -> {
                ByteBuffer copy = ByteBuffer.allocateDirect(length).put(from).flip();
                flip(copy, 0, offset, fault);
                super.write(offset, copy);
            }
        }
    }

    @Override
    public void discard(long offset, long length) throws DeviceException {
        Fault fault = hit(Operation.DISCARD, offset, length);
        if (fault == null || fault.effect == Effect.LATE) {
            super.discard(offset, length);
        }
        if (fault != null && fault.effect != Effect.LOST) {
            throw failure(fault, offset, length);
        }
    }

    @Override
    public boolean update(long offset, int length, Change change) throws DeviceException {
        for (Operation operation : List.of(Operation.READ, Operation.WRITE)) {
            Fault fault = hit(operation, offset, length);
            if (fault != null) {
                throw failure(fault, offset, length);
            }
        }
        return super.update(offset, length, change);
    }

    @Override
    public void flush() throws DeviceException {
        Fault fault = hit(Operation.FLUSH, 0, 0);
        if (fault == null || fault.effect == Effect.LATE) {
            super.flush();
        }
        if (fault != null) {
            throw failure(fault, 0, 0);
        }
    }
}
