package io.tidegate.initiator;

import io.tidegate.block.AtomicUpdatable;
import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.DeviceException.Kind;
import io.tidegate.block.Discardable;
import io.tidegate.block.ExtentMapped;
import io.tidegate.block.Geometry;
import io.tidegate.scsi.MediumCommand;
import io.tidegate.scsi.ProvisioningCommand;
import io.tidegate.scsi.SenseKey;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A LUN of a target as a device. Calls are cut by the limits that the LUN tells and sent several at
 * a time; all of a call's commands have ended when it returns. The loss of the session is {@link
 * Kind#GONE}.
 */
public final class RemoteLun implements BlockDevice, Discardable, AtomicUpdatable, ExtentMapped {

    private static final Logger LOG = LoggerFactory.getLogger(RemoteLun.class);

    /** Commands of one device in flight; the target's window and task set may let fewer. */
    static final int MAX_IN_FLIGHT = 32;

    private final LunIo io;
    private volatile LunShape shape;
    private volatile boolean writeSameRefused;
    private volatile boolean mapRefused;
    private volatile boolean compareRefused;
    private volatile boolean closed;

    private RemoteLun(LunIo io, LunShape shape) {
        this.io = io;
        this.shape = shape;
    }

    static RemoteLun open(Session session, int number) throws DeviceException {
        LunIo io = new LunIo(session, number, MAX_IN_FLIGHT);
        RemoteLun lun = new RemoteLun(io, LunShape.ask(io));
        io.listener(lun::capacityChanged);
        return lun;
    }

    private void capacityChanged() throws DeviceException {
        // A plain request without the listener: an attention inside must not come back here.
        LunShape now = LunShape.ask(io.quiet());
        LunShape grown = shape.grownTo(now);
        if (grown == null) {
            closed = true;
            throw new DeviceException(
                    Kind.GONE, io.name(), 0, 0, "it became smaller, or another device");
        }
        LOG.info("{} has {} bytes now", io.name(), grown.geometry().sizeBytes());
        shape = grown;
    }

    @Override
    public Geometry geometry() {
        return shape.geometry();
    }

    @Override
    public void read(long offset, ByteBuffer into) throws DeviceException {
        check(offset, into.remaining());
        int block = geometry().logicalBlockBytes();
        List<Piece> pieces = new ArrayList<>();
        ByteBuffer target = into.slice();
        for (int at = 0; at < target.capacity(); ) {
            ByteBuffer part = part(target, at);
            byte[] cdb =
                    new MediumCommand.Read(
                                    (offset + at) / block, part.remaining() / block, false, false)
                            .encode();
            pieces.add(begin(io.reading(cdb, part, Kind.READ, offset + at)));
            at += part.remaining();
        }
        finish(pieces, true);
        into.position(into.limit());
    }

    /** Always false: a network has to be waited for. */
    @Override
    public boolean tryRead(long offset, ByteBuffer into) throws DeviceException {
        check(offset, into.remaining());
        return false;
    }

    @Override
    public void write(long offset, ByteBuffer from) throws DeviceException {
        check(offset, from.remaining());
        int block = geometry().logicalBlockBytes();
        List<Piece> pieces = new ArrayList<>();
        ByteBuffer source = from.slice();
        for (int at = 0; at < source.capacity(); ) {
            ByteBuffer part = part(source, at);
            int length = part.remaining();
            byte[] cdb =
                    new MediumCommand.Write((offset + at) / block, length / block, false, false)
                            .encode();
            pieces.add(begin(io.writing(cdb, part, Kind.WRITE, offset + at, length)));
            at += length;
        }
        finish(pieces, false);
        from.position(from.limit());
    }

    private ByteBuffer part(ByteBuffer whole, int at) {
        return whole.slice(at, Math.min(shape.maxTransferBytes(), whole.capacity() - at));
    }

    private record Piece(LunIo.Request request, CompletableFuture<CommandResult> result) {}

    private Piece begin(LunIo.Request request) {
        return new Piece(request, io.begin(request));
    }

    /** Waits for all, whatever becomes of some: their buffers are the caller's after this. */
    private void finish(List<Piece> pieces, boolean reads) throws DeviceException {
        DeviceException first = null;
        for (Piece piece : pieces) {
            try {
                CommandResult result = io.finish(piece.request(), piece.result());
                long moved = reads ? result.received() : piece.request().length() - left(result);
                if (moved != piece.request().length() || result.overflow()) {
                    throw new DeviceException(
                            piece.request().kind(),
                            io.name(),
                            piece.request().offset(),
                            piece.request().length(),
                            "only " + moved + " bytes were moved");
                }
            } catch (DeviceException e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }

    private static long left(CommandResult result) {
        return result.underflow() ? result.residual() : 0;
    }

    @Override
    public void flush() throws DeviceException {
        check(0, 0);
        byte[] cdb = new MediumCommand.SynchronizeCache(0, 0, false).encode();
        io.run(io.without(cdb, Kind.SYNC, 0, 0));
    }

    /**
     * By WRITE SAME with zeroes, which gives space back where the LUN can do that and makes zeroes
     * where it cannot; UNMAP alone would be a hint and leave old bytes in partial units.
     */
    @Override
    public void discard(long offset, long length) throws DeviceException {
        check(offset, length);
        int block = geometry().logicalBlockBytes();
        long done = 0;
        while (done < length && !writeSameRefused) {
            long n = Math.min(length - done, (long) shape.maxWriteSameBlocks() * block);
            if (writeSame(offset + done, n, block)) {
                done += n;
            }
        }
        if (done < length) {
            writeZeroes(offset + done, length - done);
        }
    }

    private boolean writeSame(long offset, long length, int block) throws DeviceException {
        byte[] cdb =
                new ProvisioningCommand.WriteSame(
                                offset / block,
                                length / block,
                                false,
                                shape.unmapsWithWriteSame(),
                                false)
                        .encode();
        LunIo.Request request =
                io.writing(cdb, ByteBuffer.allocate(block), Kind.WRITE, offset, length);
        CommandResult result = io.answer(request, io.begin(request));
        if (result.good()) {
            return true;
        }
        if (LunIo.isUnsupported(result)) {
            writeSameRefused = true;
            return false;
        }
        throw io.failure(request, result);
    }

    private void writeZeroes(long offset, long length) throws DeviceException {
        ByteBuffer zeroes = ByteBuffer.allocate((int) Math.min(length, shape.maxTransferBytes()));
        for (long done = 0; done < length; done += zeroes.limit()) {
            zeroes.clear().limit((int) Math.min(zeroes.capacity(), length - done));
            write(offset + done, zeroes);
        }
    }

    /** The longest range that {@link #update} takes, in bytes; 0 when the LUN cannot do it. */
    public int maxUpdateBytes() {
        return compareRefused
                ? 0
                : Math.min(
                        MAX_UPDATE_BYTES,
                        shape.maxCompareBlocks() * shape.geometry().logicalBlockBytes());
    }

    /**
     * By COMPARE AND WRITE: the change is applied again, to what is there then, when another write
     * came between.
     *
     * @throws UnsupportedOperationException when the range is longer than {@link #maxUpdateBytes}
     */
    @Override
    public boolean update(long offset, int length, Change change) throws DeviceException {
        if (length > MAX_UPDATE_BYTES) {
            throw new IllegalArgumentException("update of " + length + " bytes");
        }
        check(offset, length);
        if (length > maxUpdateBytes()) {
            throw new UnsupportedOperationException(
                    io.name() + " can compare and write " + maxUpdateBytes() + " bytes at once");
        }
        ByteBuffer both = ByteBuffer.allocateDirect(2 * length);
        while (true) {
            ByteBuffer before = both.slice(0, length);
            ByteBuffer after = both.slice(length, length);
            read(offset, before);
            after.put(before.flip()).flip();
            if (!change.apply(after)) {
                return false;
            }
            if (length == 0 || compareAndWrite(offset, length, both.clear())) {
                return true;
            }
        }
    }

    private boolean compareAndWrite(long offset, int length, ByteBuffer both)
            throws DeviceException {
        int block = geometry().logicalBlockBytes();
        byte[] cdb =
                new MediumCommand.CompareAndWrite(offset / block, length / block, false).encode();
        LunIo.Request request = io.writing(cdb, both, Kind.WRITE, offset, length);
        CommandResult result = io.answer(request, io.begin(request));
        if (result.good()) {
            return true;
        }
        if (result.sense() != null && result.sense().key() == SenseKey.MISCOMPARE) {
            return false;
        }
        if (LunIo.isUnsupported(result)) {
            compareRefused = true;
            throw new UnsupportedOperationException(io.name() + " does not compare and write");
        }
        throw io.failure(request, result);
    }

    @Override
    public List<Run> runs(long offset, long length, int maxRuns) throws DeviceException {
        if (maxRuns < 1) {
            throw new IllegalArgumentException("at most " + maxRuns + " runs");
        }
        check(offset, length);
        if (length == 0) {
            return List.of();
        }
        if (mapRefused || !shape.readsZeroes()) {
            return List.of(new Run(offset, length, true));
        }
        AllocationQuery query = new AllocationQuery(io, geometry().logicalBlockBytes());
        if (!query.ask(offset, length, maxRuns)) {
            mapRefused = true;
            return List.of(new Run(offset, length, true));
        }
        return query.runs();
    }

    private void check(long offset, long length) throws DeviceException {
        geometry().check(offset, length);
        if (closed) {
            throw new DeviceException(Kind.GONE, io.name(), offset, length, "it is closed");
        }
    }

    /** Gives up the device; the session stays. */
    @Override
    public void close() {
        closed = true;
    }

    @Override
    public String toString() {
        return io.name();
    }
}
