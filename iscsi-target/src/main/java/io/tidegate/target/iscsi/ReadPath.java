package io.tidegate.target.iscsi;

import io.netty.buffer.ByteBuf;
import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.Digests;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LogicalUnit.Entry;
import io.tidegate.target.device.DeviceServer;
import io.tidegate.target.device.Lane;
import io.tidegate.target.device.ScsiResult;
import io.tidegate.target.device.Step;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Reads of the medium on their way out. What the page cache holds is read on the loop straight into
 * the connection's output, behind room for the header; the rest is read by workers into buffers of
 * the same layout. Short reads go out at once; long ones take turns, a piece each, while the
 * connection takes data. For the session's loop.
 */
final class ReadPath {
    /** A read up to this goes out when it comes. */
    private static final int SHORT = 64 << 10;

    /** What one read may send before the next has its turn; also what a worker reads at a time. */
    private static final int PIECE = 256 << 10;

    /** What a connection may gather before other connections have their turn. */
    private static final int TURN = 1 << 20;

    /** Worker reads up to this are copied to the batch instead of sent by themselves. */
    private static final int COPIED = 16 << 10;

    private final Session session;
    private final Commands commands;
    private final DeviceServer server;
    private final Queue<Task> waiting = new ArrayDeque<>();
    private boolean scheduled;

    ReadPath(Session session, Commands commands, DeviceServer server) {
        this.session = session;
        this.commands = commands;
        this.server = server;
    }

    void start(Task task, Step.ReadMedium step) {
        task.wanted = step.lengthBytes();
        int length = task.request.read() ? (int) Math.min(step.lengthBytes(), task.expected) : 0;
        ReadOut read = new ReadOut(task, step, length);
        task.readOut = read;
        if (length == 0) {
            boolean current = step.entry().current();
            read.leave();
            if (current) {
                commands.answer(task, ScsiResult.GOOD);
            } else {
                commands.outdated(task);
            }
            return;
        }
        Connection connection = session.connection();
        if (length <= SHORT && waiting.isEmpty() && connection.roomFor(TURN)) {
            send(task, read, length);
        } else {
            queue(task);
        }
    }

    private void queue(Task task) {
        waiting.add(task);
        session.connection().markDirty();
    }

    /** Goes on with waiting reads while the connection takes data. */
    void pump() {
        Connection connection = session.connection();
        while (!waiting.isEmpty() && connection.roomFor(TURN)) {
            Task task = waiting.remove();
            ReadOut read = task.readOut;
            if (!task.aborted && read != null && enter(task, read)) {
                send(task, read, PIECE);
            }
        }
        if (waiting.isEmpty()) {
            return;
        }
        if (!connection.writable()) {
            waiting.forEach(ReadPath::leave); // the gate must not wait for a slow host
        } else if (!scheduled) {
            scheduled = true;
            session.loop()
                    .execute(
                            () -> {
                                scheduled = false;
                                connection.markDirty();
                            });
        }
    }

    private static void leave(Task task) {
        ReadOut read = task.readOut;
        if (read != null) {
            read.leave();
        }
    }

    /** Enters the unit again after a pause; false when the read does not go on now. */
    private boolean enter(Task task, ReadOut read) {
        if (read.entry != null) {
            return true;
        }
        LogicalUnit unit = task.unit();
        Entry entry = unit.enter();
        if (entry == null) {
            if (unit.state() == LogicalUnit.State.HELD) {
                commands.outdated(task);
            } else {
                unit.park(() -> session.loop().execute(() -> again(task)));
            }
            return false;
        }
        read.entry = entry;
        if (entry.generation() != read.generation) {
            read.leave();
            commands.outdated(task);
            return false;
        }
        return true;
    }

    private void again(Task task) {
        if (!task.aborted) {
            queue(task);
        }
    }

    private enum Sent {
        GONE_OUT,
        NOT_CACHED,
        /** The unit points elsewhere by now: the read was answered by that. */
        OUTDATED
    }

    /** Sends up to {@code budget} bytes of a read, and queues it again when more is left. */
    private void send(Task task, ReadOut read, int budget) {
        Entry entry = read.entry;
        if (entry == null) {
            throw new IllegalStateException("outside the unit");
        }
        Sent sent = read.aligned ? Sent.GONE_OUT : Sent.NOT_CACHED;
        int until = task.sent + Math.min(budget, read.left());
        try {
            while (sent == Sent.GONE_OUT && task.sent < until) {
                sent = sendOne(task, read, entry, read.next(read.left(), read.burst));
            }
        } catch (DeviceException e) {
            commands.deviceFailed(task, e);
            return;
        }
        if (sent == Sent.NOT_CACHED) {
            fetch(task, read);
        } else if (sent == Sent.GONE_OUT && read.left() > 0) {
            queue(task);
        }
    }

    /** One Data-In from the page cache, when it is there. */
    private Sent sendOne(Task task, ReadOut read, Entry entry, int length) throws DeviceException {
        Connection connection = session.connection();
        Digests digests = connection.replies().digests();
        ByteBuf out = connection.output().room(digests.wireLength(length));
        int dataAt = out.writerIndex() + Bhs.LENGTH + (digests.header() ? 4 : 0);
        if (!entry.device()
                .tryRead(read.offset + task.sent, out.internalNioBuffer(dataAt, length))) {
            return Sent.NOT_CACHED;
        }
        if (length == read.left() && !leaveCurrent(task, read, entry)) {
            return Sent.OUTDATED;
        }
        header(out, task, read, length);
        out.writerIndex(dataAt + length);
        digests.endData(out, dataAt);
        connection.markDirty();
        endWhenSent(task, read);
        return Sent.GONE_OUT;
    }

    /** After the last read: false when its unit points elsewhere, and then it was answered so. */
    private boolean leaveCurrent(Task task, ReadOut read, Entry entry) {
        boolean current = entry.current();
        read.leave();
        if (current) {
            session.ended(task); // before its last PDU, so that this opens the window
        } else {
            commands.outdated(task);
        }
        return current;
    }

    private void endWhenSent(Task task, ReadOut read) {
        if (read.left() == 0) {
            commands.counted(task, true);
            session.remove(task);
        }
    }

    private void header(ByteBuf out, Task task, ReadOut read, int length) {
        boolean last = length == read.left();
        read.burst += length;
        boolean fin = last || read.burst == read.maxBurst;
        if (fin) {
            read.burst = 0;
        }
        session.connection().replies().dataInHeader(out, task, length, fin, last);
    }

    /** Has a worker read the next piece. */
    private void fetch(Task task, ReadOut read) {
        int length = Math.min(read.left(), PIECE);
        int wire = wireLength(read, length);
        Runnable go = () -> fetchGranted(task, read, length, wire);
        if (session.loop().readCredit.take(task.unit(), wire, go)) {
            go.run();
        }
    }

    private int wireLength(ReadOut read, int length) {
        Digests digests = session.connection().replies().digests();
        int wire = 0;
        int burst = read.burst;
        for (int left = length; left > 0; ) {
            int next = read.next(left, burst);
            wire += digests.wireLength(next);
            left -= next;
            burst = burst + next == read.maxBurst ? 0 : burst + next;
        }
        return wire;
    }

    private void fetchGranted(Task task, ReadOut read, int length, int wire) {
        read.charged(wire);
        if (task.aborted) {
            read.giveCredit();
            return;
        }
        if (!enter(task, read)) {
            read.giveCredit();
            return;
        }
        Entry entry = read.entry;
        if (entry == null) {
            throw new IllegalStateException("outside the unit");
        }
        ByteBuf chunk = session.connection().allocate(wire);
        read.chunk = chunk;
        read.chunkLength = length;
        boolean header = session.connection().replies().digests().header();
        boolean data = session.connection().replies().digests().data();
        long from = read.offset + task.sent;
        BlockDevice device = entry.device();
        commands.toWorker(
                task, () -> fill(chunk, device, from, read, length, header, data), Lane.IO, false);
    }

    /** On a worker: reads the piece into the places that its Data-In PDUs have for data. */
    private static @Nullable Step fill(
            ByteBuf chunk,
            BlockDevice device,
            long from,
            ReadOut read,
            int length,
            boolean headerDigest,
            boolean dataDigest)
            throws DeviceException {
        ByteBuf whole = read.aligned ? null : UnalignedRead.read(chunk, device, from, length);
        try {
            Digests digests = new Digests();
            digests.use(headerDigest, dataDigest);
            int burst = read.burst;
            int at = 0;
            for (int done = 0; done < length; ) {
                int next = read.next(length - done, burst);
                int dataAt = at + Bhs.LENGTH + (headerDigest ? 4 : 0);
                if (whole != null) {
                    chunk.setBytes(dataAt, whole, whole.readerIndex() + done, next);
                } else {
                    device.read(from + done, chunk.internalNioBuffer(dataAt, next));
                }
                chunk.writerIndex(dataAt + next);
                digests.endData(chunk, dataAt);
                at = chunk.writerIndex();
                done += next;
                burst = burst + next == read.maxBurst ? 0 : burst + next;
            }
            return null;
        } finally {
            if (whole != null) {
                whole.release();
            }
        }
    }

    /** A worker has filled the chunk: its headers are written and it goes out. */
    void performed(Task task) {
        ReadOut read = task.readOut;
        ByteBuf chunk = read == null ? null : read.chunk;
        Entry entry = read == null ? null : read.entry;
        if (read == null || chunk == null || entry == null) {
            throw new IllegalStateException("no chunk");
        }
        if (read.chunkLength == read.left() && !leaveCurrent(task, read, entry)) {
            return;
        }
        int end = chunk.writerIndex();
        Digests digests = session.connection().replies().digests();
        int at = 0;
        for (int left = read.chunkLength; left > 0; ) {
            int next = read.next(left, read.burst);
            chunk.writerIndex(at);
            header(chunk, task, read, next);
            at += digests.wireLength(next);
            left -= next;
        }
        chunk.writerIndex(end);
        read.chunk = null;
        out(chunk, end);
        read.giveCredit();
        if (read.left() > 0) {
            queue(task);
        } else {
            endWhenSent(task, read);
        }
    }

    private void out(ByteBuf chunk, int length) {
        Connection connection = session.connection();
        if (length <= COPIED) {
            connection.output().room(length).writeBytes(chunk);
            chunk.release();
        } else {
            connection.output().append(chunk);
        }
        connection.markDirty();
    }
}
