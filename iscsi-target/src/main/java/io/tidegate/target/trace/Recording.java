package io.tidegate.target.trace;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pcap file under way, written by a thread of its own. Loops hand frames over and never wait:
 * what the disk does not take in time is left out and counted. Ends by itself when its time is over
 * or its file is full. Safe for concurrent calls.
 *
 * <pre>
 *   RUNNING --stop, time over, file full, write failed--> ENDED: the file is whole and closed
 * </pre>
 */
public final class Recording {
    private static final Logger LOG = LoggerFactory.getLogger(Recording.class);

    /** Frames that wait for the writer hold at most so many bytes. */
    private static final long MAX_WAITING = 8 << 20;

    private static final int FILE_HEADER = 24;
    private static final byte[] STOP = {};

    private final String name;
    private final Path file;
    private final String of;
    private final Instant began;
    private final long maxBytes;
    private final long deadline;
    private final BlockingQueue<byte[]> queue = new LinkedBlockingQueue<>();
    private final AtomicLong waiting = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();
    private final AtomicReference<@Nullable String> ended = new AtomicReference<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile long bytes;
    private volatile long frames;

    /**
     * What is to be recorded.
     *
     * @param of whom it records, in words
     * @param limit after which it ends
     * @param maxBytes of the file
     */
    public record Order(String name, String of, Duration limit, long maxBytes, Instant now) {}

    private Recording(Order order, Path file) {
        this.name = order.name();
        this.file = file;
        this.of = order.of();
        this.began = order.now();
        this.maxBytes = order.maxBytes();
        this.deadline = System.nanoTime() + order.limit().toNanos();
    }

    /**
     * Makes the file, which only its owner may read, and begins.
     *
     * @throws java.nio.file.FileAlreadyExistsException nothing is ever overwritten
     */
    public static Recording begin(Order order, Path file) throws IOException {
        FileChannel channel =
                FileChannel.open(
                        file,
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")));
        Recording recording = new Recording(order, file);
        Thread.ofPlatform()
                .daemon()
                .name("pdu-trace-" + order.name())
                .start(() -> recording.write(channel));
        return recording;
    }

    /** Takes frames with their record headers; throws them away once it has ended. */
    public void offer(byte[] framesOfOnePdu) {
        if (!running()) {
            return;
        }
        if (waiting.addAndGet(framesOfOnePdu.length) > MAX_WAITING) {
            waiting.addAndGet(-framesOfOnePdu.length);
            lost.incrementAndGet();
            return;
        }
        queue.add(framesOfOnePdu);
    }

    public boolean running() {
        return ended.get() == null;
    }

    /** Ends it, for a reason that people read; does nothing when it has ended. */
    public void end(String why) {
        if (ended.compareAndSet(null, why)) {
            queue.add(STOP);
        }
    }

    /** Waits until the file is closed; false when that takes longer. */
    public boolean awaitClosed(Duration limit) throws InterruptedException {
        return closed.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    public String name() {
        return name;
    }

    public Path file() {
        return file;
    }

    public String of() {
        return of;
    }

    public Instant began() {
        return began;
    }

    /** Bytes in the file. */
    public long bytes() {
        return bytes;
    }

    /** PDUs and ends of connections in the file. */
    public long frames() {
        return frames;
    }

    public long lost() {
        return lost.get();
    }

    /** Why it has ended; empty while it runs. */
    public Optional<String> ended() {
        return Optional.ofNullable(ended.get());
    }

    private void write(FileChannel channel) {
        try (channel;
                OutputStream out =
                        new BufferedOutputStream(Channels.newOutputStream(channel), 64 << 10)) {
            out.write(fileHeader());
            bytes = FILE_HEADER;
            while (writeNext(out)) {
                if (queue.isEmpty()) {
                    out.flush();
                }
            }
        } catch (IOException e) {
            LOG.warn("trace {}: {} cannot be written", name, file, e);
            ended.compareAndSet(null, "its file cannot be written: " + e.getMessage());
        } catch (InterruptedException e) {
            ended.compareAndSet(null, "its thread was interrupted");
        } finally {
            queue.clear();
            closed.countDown();
            LOG.info("trace {} of {} has ended: {}, {} bytes", name, of, ended.get(), bytes);
        }
    }

    /** False when nothing follows. */
    private boolean writeNext(OutputStream out) throws IOException, InterruptedException {
        byte[] next = queue.poll(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        if (next == null) {
            end("its time is over"); // what was handed over before this is still written
            return true;
        }
        if (next == STOP) {
            return false;
        }
        waiting.addAndGet(-next.length);
        if (bytes + next.length > maxBytes) {
            ended.compareAndSet(null, "its file is full");
            return false;
        }
        out.write(next);
        bytes += next.length;
        frames++;
        return true;
    }

    /** Version 2.4, microseconds, big-endian, Ethernet frames. */
    private static byte[] fileHeader() {
        return ByteBuffer.allocate(FILE_HEADER)
                .putInt(0xa1b2c3d4)
                .putShort((short) 2)
                .putShort((short) 4)
                .putInt(0)
                .putInt(0)
                .putInt(1 << 18)
                .putInt(1)
                .array();
    }
}
