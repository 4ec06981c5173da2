package io.tidegate.initiator;

import io.tidegate.block.DeviceException;
import io.tidegate.block.DeviceException.Kind;
import io.tidegate.scsi.LunAddress;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.SenseKey;
import io.tidegate.scsi.Status;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends commands to one LUN, at most so many at a time, tries again what may be tried again, and
 * says by a {@link DeviceException} what failed. A command that ended with UNIT ATTENTION, BUSY or
 * TASK SET FULL was not begun, so sending it again is right for writes too.
 */
final class LunIo {

    private static final Logger LOG = LoggerFactory.getLogger(LunIo.class);
    private static final int MAX_ATTENTIONS = 8;
    private static final int MAX_ABORTED = 2;
    private static final Duration BUSY_LIMIT = Duration.ofSeconds(10);
    private static final long BUSY_PAUSE_NANOS = 50_000_000;

    /** A command for a range, for messages and for the kind of its failure. */
    record Request(Command command, Kind kind, long offset, long length) {}

    /** Called when the LUN says that its capacity has changed; on the caller's thread. */
    interface CapacityListener {
        void capacityChanged() throws DeviceException;
    }

    private final Session session;
    private final int number;
    private final Semaphore depth;
    private volatile @Nullable CapacityListener listener;

    LunIo(Session session, int number, int maxInFlight) {
        this(session, number, new Semaphore(maxInFlight));
    }

    private LunIo(Session session, int number, Semaphore depth) {
        this.session = session;
        this.number = number;
        this.depth = depth;
    }

    /** The same LUN without a listener. */
    LunIo quiet() {
        return new LunIo(session, number, depth);
    }

    void listener(CapacityListener capacityListener) {
        listener = capacityListener;
    }

    long lun() {
        return LunAddress.encode(number);
    }

    String name() {
        return session + " LUN " + number;
    }

    Request without(byte[] cdb, Kind kind, long offset, long length) {
        return new Request(Command.without(lun(), cdb), kind, offset, length);
    }

    Request reading(byte[] cdb, ByteBuffer into, Kind kind, long offset) {
        return new Request(Command.reading(lun(), cdb, into), kind, offset, into.remaining());
    }

    Request writing(byte[] cdb, ByteBuffer from, Kind kind, long offset, long length) {
        return new Request(Command.writing(lun(), cdb, from), kind, offset, length);
    }

    /** Sends a request; waits only while too many are in flight. */
    CompletableFuture<CommandResult> begin(Request request) {
        depth.acquireUninterruptibly();
        return session.submit(request.command()).whenComplete((result, failure) -> depth.release());
    }

    /** Sends a request and waits for its good end. */
    CommandResult run(Request request) throws DeviceException {
        return finish(request, begin(request));
    }

    /**
     * Waits for a request that was begun, and tries it again where that is right.
     *
     * @return the result with status GOOD
     */
    CommandResult finish(Request request, CompletableFuture<CommandResult> begun)
            throws DeviceException {
        CommandResult result = answer(request, begun);
        if (!result.good()) {
            throw failure(request, result);
        }
        return result;
    }

    /**
     * As {@link #finish}, but any status that is not worth another try is a result.
     *
     * @throws DeviceException when the session could not carry the command
     */
    CommandResult answer(Request request, CompletableFuture<CommandResult> begun)
            throws DeviceException {
        CompletableFuture<CommandResult> current = begun;
        long busyUntil = System.nanoTime() + BUSY_LIMIT.toNanos();
        int attentions = 0;
        int aborted = 0;
        while (true) {
            CommandResult result = await(request, current);
            Sense sense = result.checkCondition() ? result.sense() : null;
            if (sense != null && sense.key() == SenseKey.UNIT_ATTENTION) {
                if (++attentions > MAX_ATTENTIONS) {
                    return result;
                }
                attention(sense);
            } else if (sense != null && sense.key() == SenseKey.ABORTED_COMMAND) {
                if (++aborted > MAX_ABORTED) {
                    return result;
                }
            } else if (isBusy(result)) {
                if (System.nanoTime() - busyUntil >= 0) {
                    return result;
                }
                LockSupport.parkNanos(BUSY_PAUSE_NANOS);
            } else {
                return result;
            }
            current = begin(request);
        }
    }

    private static boolean isBusy(CommandResult result) {
        return result.status() == Status.BUSY.code()
                || result.status() == Status.TASK_SET_FULL.code();
    }

    private void attention(Sense sense) throws DeviceException {
        LOG.debug("{}: unit attention {}/{}", name(), sense.asc(), sense.ascq());
        CapacityListener l = listener;
        if (sense.asc() == 0x2a && sense.ascq() == 0x09 && l != null) {
            l.capacityChanged();
        }
    }

    private CommandResult await(Request request, CompletableFuture<CommandResult> future)
            throws DeviceException {
        try {
            return Session.await(future);
        } catch (InitiatorException e) {
            Kind kind =
                    switch (e.reason()) {
                        case TIMEOUT, REJECTED -> request.kind();
                        default -> Kind.GONE;
                    };
            throw new DeviceException(
                    kind,
                    name(),
                    request.offset(),
                    request.length(),
                    String.valueOf(e.getMessage()),
                    e);
        }
    }

    DeviceException failure(Request request, CommandResult result) {
        return new DeviceException(
                kind(request.kind(), result),
                name(),
                request.offset(),
                request.length(),
                result.describe());
    }

    private static Kind kind(Kind usual, CommandResult result) {
        if (isBusy(result)) {
            return Kind.BUSY;
        }
        Sense sense = result.sense();
        if (result.status() == Status.RESERVATION_CONFLICT.code()) {
            return usual == Kind.WRITE ? Kind.WRITE_PROTECTED : usual;
        }
        if (sense == null) {
            return usual;
        }
        return switch (sense.key()) {
            case DATA_PROTECT ->
                    sense.is(Sense.spaceAllocationFailed()) ? Kind.NO_SPACE : Kind.WRITE_PROTECTED;
            case NOT_READY -> sense.asc() == 0x3a ? Kind.GONE : Kind.BUSY;
            case ILLEGAL_REQUEST -> sense.is(Sense.logicalUnitNotSupported()) ? Kind.GONE : usual;
            default -> usual;
        };
    }

    /** Whether the LUN says that it does not know the command or a field of it. */
    static boolean isUnsupported(CommandResult result) {
        Sense sense = result.checkCondition() ? result.sense() : null;
        return sense != null
                && (sense.is(Sense.invalidOpcode()) || sense.is(Sense.invalidFieldInCdb()));
    }
}
