package io.tidegate.appliance.demo;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A host's reads and writes of a LUN, several at a time. */
final class HostIo implements AutoCloseable {

    private static final int DEPTH = 4;
    private static final int READ_BYTES = 1 << 20;

    private final BlockDevice lun;
    private final ExecutorService threads = Executors.newFixedThreadPool(DEPTH);

    HostIo(BlockDevice lun) {
        this.lun = lun;
    }

    /** Writes the pattern's present content of some pieces, and syncs. */
    void write(Pattern pattern, List<Integer> pieces) throws IOException {
        List<Future<?>> parts = new ArrayList<>();
        for (int part = 0; part < DEPTH; part++) {
            int first = part;
            parts.add(
                    threads.submit(
                            () -> {
                                ByteBuffer buffer = ByteBuffer.allocateDirect(Pattern.PIECE_BYTES);
                                for (int i = first; i < pieces.size(); i += DEPTH) {
                                    pattern.fill(pieces.get(i), buffer);
                                    lun.write(offset(pieces.get(i)), buffer);
                                }
                                return null;
                            }));
        }
        for (Future<?> part : parts) {
            get(part);
        }
        try {
            lun.flush();
        } catch (DeviceException e) {
            throw new IOException(e);
        }
    }

    /** Reads all of the LUN and gives its SHA-256 in hex. */
    String sha256() throws IOException {
        MessageDigest digest = Pattern.digest();
        long size = lun.geometry().sizeBytes();
        List<Future<ByteBuffer>> ahead = new ArrayList<>();
        for (long at = 0; at < size || !ahead.isEmpty(); ) {
            while (at < size && ahead.size() < DEPTH) {
                long from = at;
                int length = (int) Math.min(READ_BYTES, size - at);
                ahead.add(threads.submit(() -> read(from, length)));
                at += length;
            }
            digest.update(get(ahead.removeFirst()));
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private ByteBuffer read(long offset, int length) throws DeviceException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(length);
        lun.read(offset, buffer);
        return buffer.flip();
    }

    private static long offset(int piece) {
        return (long) piece * Pattern.PIECE_BYTES;
    }

    private static <T> T get(Future<T> future) throws IOException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } catch (InterruptedException e) {
            throw new IOException("the demonstration was interrupted", e);
        }
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
