package io.tidegate.pool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads grains and compares those that are checked with their checksums. A grain that is checked
 * before it is read cannot change before the caller leaves its guard, so a difference is damage.
 * Whole grains are compared where they were read to; of a grain that is read in part, all is read
 * to a buffer aside.
 */
final class CheckedReads {

    private static final class Scratch {
        private final CRC32C crc = new CRC32C();
        private @Nullable ByteBuffer grain;

        private ByteBuffer grain(int bytes) {
            ByteBuffer b = grain;
            if (b == null) {
                b = ByteBuffer.allocateDirect(bytes);
                grain = b;
            }
            return b.clear();
        }

        private long of(ByteBuffer bytes) {
            crc.reset();
            crc.update(bytes);
            return crc.getValue();
        }
    }

    private final Layout layout;
    private final DataFiles files;
    private final NodeStore store;
    private final Seals seals;
    private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);

    CheckedReads(Layout layout, DataFiles files, NodeStore store, Seals seals) {
        this.layout = layout;
        this.files = files;
        this.store = store;
        this.seals = seals;
    }

    /**
     * Fills a buffer from grains in a row.
     *
     * @param offset where the first byte lies in the device, for messages
     * @param nowait only what is in memory, checksums too
     * @return false when it would have to wait, or when the slow way has to decide
     * @throws DamagedGrainException when a grain differs twice
     */
    boolean read(long address, int skip, ByteBuffer into, long offset, boolean nowait)
            throws IOException {
        int gb = layout.grainBytes();
        int n = into.remaining();
        int start = into.position();
        int grains = (skip + n + gb - 1) / gb;
        if (nowait && !sumsAtHand(address, grains)) {
            return false;
        }
        int tailBytes = (skip + n) % gb;
        boolean head = (skip != 0 || n < gb) && seals.checked(address);
        boolean tail = grains > 1 && tailBytes != 0 && seals.checked(grain(address, grains - 1));
        int from = head ? Math.min(n, gb - skip) : 0;
        int to = tail ? n - tailBytes : n;
        if (head && !part(address, skip, into.limit(start + from), offset - skip, nowait)) {
            return false;
        }
        if (to > from && !middle(address, skip, into, start, from, to, offset, nowait)) {
            return false;
        }
        into.limit(start + n).position(start + to);
        return !tail || part(grain(address, grains - 1), 0, into, offset + n - tailBytes, nowait);
    }

    private long grain(long address, int i) {
        return address + ((long) i << layout.grainPageShift());
    }

    private boolean sumsAtHand(long address, int grains) {
        for (int i = 0; i < grains; i++) {
            long at = grain(address, i);
            if (seals.checked(at) && seals.sumAtHand(at) == Seals.NOT_AT_HAND) {
                return false;
            }
        }
        return true;
    }

    private boolean transfer(long address, int skip, ByteBuffer into, boolean nowait)
            throws IOException {
        if (nowait) {
            return files.tryRead(address, skip, into);
        }
        files.read(address, skip, into);
        return true;
    }

    /** Bytes {@code from} to {@code to} of the request in one read; whole grains are compared. */
    private boolean middle(
            long address,
            int skip,
            ByteBuffer into,
            int start,
            int from,
            int to,
            long offset,
            boolean nowait)
            throws IOException {
        into.limit(start + to).position(start + from);
        if (!transfer(address, skip + from, into, nowait)) {
            return false;
        }
        int gb = layout.grainBytes();
        for (int i = (skip + from + gb - 1) / gb; (i + 1) * gb - skip <= to; i++) {
            long at = grain(address, i);
            if (!seals.checked(at)) {
                continue;
            }
            int place = start + i * gb - skip;
            long sum = nowait ? seals.sumAtHand(at) : seals.sum(at, store);
            into.limit(place + gb).position(place);
            if (sum == Seals.UNCHECKED || scratch.get().of(into) == sum) {
                continue;
            }
            if (nowait) {
                return false;
            }
            into.position(place);
            into.put(again(at, sum, offset + i * gb - skip));
        }
        return true;
    }

    /** A part of a checked grain. */
    private boolean part(long address, int skip, ByteBuffer into, long grainOffset, boolean nowait)
            throws IOException {
        Scratch mine = scratch.get();
        ByteBuffer whole = mine.grain(layout.grainBytes());
        if (!transfer(address, 0, whole, nowait)) {
            return false;
        }
        long sum = nowait ? seals.sumAtHand(address) : seals.sum(address, store);
        if (sum != Seals.UNCHECKED && mine.of(whole.flip()) != sum) {
            if (nowait) {
                return false;
            }
            whole = again(address, sum, grainOffset);
        }
        int n = into.remaining();
        into.put(whole.limit(skip + n).position(skip));
        return true;
    }

    /**
     * The second look at a grain that differed. Its bit was set before this one, so it is final:
     * the first look may have begun while the grain still changed.
     */
    private ByteBuffer again(long address, long sum, long grainOffset) throws IOException {
        ByteBuffer whole = ifIntact(address, sum);
        if (whole == null) {
            throw new DamagedGrainException(
                    grainOffset, layout.grainBytes(), address, files.place(address));
        }
        return whole;
    }

    private @Nullable ByteBuffer ifIntact(long address, long sum) throws IOException {
        Scratch mine = scratch.get();
        ByteBuffer whole = mine.grain(layout.grainBytes());
        files.read(address, 0, whole);
        return mine.of(whole.flip()) == sum ? whole.flip() : null;
    }

    /**
     * Reads a checked grain for a scrub, inside the caller's guard.
     *
     * @return false when it differs, twice
     */
    boolean intact(long address) throws IOException {
        long sum = seals.sum(address, store);
        return sum == Seals.UNCHECKED
                || ifIntact(address, sum) != null
                || ifIntact(address, sum) != null;
    }
}
