package io.tidegate.block;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Writes a list of buffers by vectors, going on after short counts. */
final class GatherWrite {

    private GatherWrite() {}

    static void write(Transfers file, long offset, List<ByteBuffer> from) throws IOException {
        List<MemorySegment> pieces = new ArrayList<>(from.size());
        for (ByteBuffer buffer : from) {
            if (buffer.hasRemaining()) {
                pieces.add(segment(buffer));
            }
        }
        Scratch s = Scratch.acquire();
        try {
            writeAll(file, s, offset, pieces);
        } finally {
            Reference.reachabilityFence(from);
            Reference.reachabilityFence(pieces);
            s.release();
        }
        for (ByteBuffer buffer : from) {
            buffer.position(buffer.limit());
        }
    }

    private static MemorySegment segment(ByteBuffer buffer) {
        if (buffer.isDirect()) {
            return MemorySegment.ofBuffer(buffer);
        }
        ByteBuffer copy = ByteBuffer.allocateDirect(buffer.remaining());
        return MemorySegment.ofBuffer(copy.put(buffer.duplicate()).flip());
    }

    private static void writeAll(Transfers file, Scratch s, long offset, List<MemorySegment> pieces)
            throws IOException {
        int first = 0;
        long skip = 0;
        long at = offset;
        while (first < pieces.size()) {
            int count = Math.min(pieces.size() - first, Scratch.MAX_VECTORS);
            for (int i = 0; i < count; i++) {
                MemorySegment piece = pieces.get(first + i);
                s.vector(i, i == 0 ? piece.asSlice(skip) : piece);
            }
            long n = file.writeVectors(s, count, at);
            at += n;
            n += skip;
            while (first < pieces.size() && n >= pieces.get(first).byteSize()) {
                n -= pieces.get(first++).byteSize();
            }
            skip = n;
        }
    }
}
