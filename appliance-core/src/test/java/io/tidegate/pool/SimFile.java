package io.tidegate.pool;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.NullUnmarked;

/** One file of {@link SimFiles}, which says what may happen to it; under the lock of those. */
@NullUnmarked
final class SimFile implements PoolFile {

    /** A write that the medium may not have yet; without bytes it is a hole. */
    private record Write(long offset, int length, byte[] bytes) {
        void to(SparseBytes target) {
            if (target.size() < offset + length) {
                target.resize(offset + length);
            }
            if (bytes == null) {
                target.zero(offset, length);
            } else {
                target.write(offset, bytes, 0, length);
            }
        }

        int firstSector() {
            return (int) (offset / SimFiles.SECTOR);
        }

        int lastSector() {
            return (int) ((offset + length - 1) / SimFiles.SECTOR);
        }
    }

    private final SimFiles all;
    private final String name;
    private final String readOp;
    private final String writeOp;
    private final String syncOp;
    final SparseBytes durable;
    SparseBytes current;

    /** Since the last sync, in order; {@code durable} and these make {@code current}. */
    private final List<Write> pending = new ArrayList<>();

    /** How many were taken off the head of {@code pending}. */
    private long settled;

    SimFile(SimFiles all, String name, SparseBytes durable, SparseBytes current) {
        this.all = all;
        this.name = name;
        this.readOp = "read " + name;
        this.writeOp = "write " + name;
        this.syncOp = "sync " + name;
        this.durable = durable;
        this.current = current;
    }

    /** The same file, with its cache, among others. */
    SimFile copyTo(SimFiles others) {
        SimFile copy = new SimFile(others, name, durable.copy(), current.copy());
        copy.pending.addAll(pending);
        return copy;
    }

    SparseBytes afterPowerLoss(Random random) {
        SparseBytes left = durable.copy();
        if (current.size() > left.size() && random.nextBoolean()) {
            left.resize(current.size());
        }
        scatter(pending, left, random);
        return left;
    }

    /** Gives each sector any of the versions that these writes made of it, or leaves it. */
    private void scatter(List<Write> writes, SparseBytes left, Random random) {
        SparseBytes running = durable.copy();
        running.resize(Math.max(running.size(), current.size()));
        Map<Integer, Integer> versions = new HashMap<>();
        for (Write w : writes) {
            w.to(running);
            for (int s = w.firstSector(); s <= w.lastSector(); s++) {
                int n = versions.merge(s, 1, Integer::sum);
                // Of n versions and the old one each is as likely.
                if (random.nextInt(n + 1) == n) {
                    long at = (long) s * SimFiles.SECTOR;
                    int length = (int) Math.min(SimFiles.SECTOR, left.size() - at);
                    if (length > 0) {
                        left.take(running, at, length);
                    }
                }
            }
        }
    }

    BitSet dirtyBlocks() {
        BitSet dirty = new BitSet();
        for (Write w : pending) {
            dirty.set(
                    (int) (w.offset / SparseBytes.BLOCK),
                    (int) ((w.offset + w.length - 1) / SparseBytes.BLOCK) + 1);
        }
        return dirty;
    }

    @Override
    public void read(long offset, ByteBuffer into) throws IOException {
        all.before.accept(readOp);
        all.fault(readOp);
        synchronized (all) {
            if (all.stopped()) {
                throw new IOException("no power");
            }
            if (name.startsWith("data")
                    && offset <= all.unreadable
                    && all.unreadable < offset + into.remaining()) {
                throw new IOException("Input/output error");
            }
            if (offset + into.remaining() > current.size()) {
                throw new EOFException(name + " at " + offset);
            }
            current.read(offset, into);
        }
    }

    @Override
    public boolean tryRead(long offset, ByteBuffer into) throws IOException {
        read(offset, into);
        return true;
    }

    @Override
    public void write(long offset, ByteBuffer from) throws IOException {
        FaultPlan plan = all.faults;
        try {
            all.step(writeOp);
        } catch (IOException e) {
            if (plan != null && plan.mine(e)) {
                int sectors =
                        plan.arriving((from.remaining() + SimFiles.SECTOR - 1) / SimFiles.SECTOR);
                transfer(offset, from.slice(from.position(), sectors * SimFiles.SECTOR));
            }
            throw e;
        }
        transfer(offset, from);
    }

    private void transfer(long offset, ByteBuffer from) throws IOException {
        synchronized (all) {
            byte[] bytes = new byte[from.remaining()];
            from.get(bytes);
            put(new Write(offset, bytes.length, bytes));
        }
    }

    private void put(Write write) throws IOException {
        if (write.length > 0) {
            grow(write.offset + write.length);
            write.to(current);
            pending.add(write);
        }
    }

    private void grow(long size) throws IOException {
        if (size > current.size()) {
            all.requireRoom(name, size - current.size());
            current.resize(size);
        }
    }

    @Override
    public void sync() throws IOException {
        long begun;
        long size;
        synchronized (all) {
            begun = settled + pending.size();
            size = current.size();
        }
        FaultPlan plan = all.faults;
        try {
            all.step(syncOp);
        } catch (IOException e) {
            if (plan != null && plan.mine(e)) {
                settle(begun, size, plan.random());
            }
            throw e;
        }
        if (all.failSyncs) {
            settle(begun, size, all.failing);
            throw new IOException("Input/output error");
        }
        settle(begun, size, null);
    }

    /**
     * What was written before a sync is clean from now on.
     *
     * @param failing says what a failed sync leaves on the medium; null for a good one
     */
    private void settle(long begun, long size, Random failing) {
        synchronized (all) {
            int n = (int) Math.max(0, begun - settled);
            List<Write> writes = pending.subList(0, n);
            if (failing != null) {
                SparseBytes left = durable.copy();
                scatter(writes, left, failing);
                forEachSector(writes, (at, length) -> durable.take(left, at, length));
            } else {
                if (durable.size() < size) {
                    durable.resize(size);
                }
                writes.forEach(w -> w.to(durable));
            }
            settled += n;
            writes.clear();
        }
    }

    private interface Range {
        void at(long offset, int length);
    }

    private void forEachSector(List<Write> writes, Range range) {
        for (Write w : writes) {
            for (int s = w.firstSector(); s <= w.lastSector(); s++) {
                long at = (long) s * SimFiles.SECTOR;
                int length = (int) Math.min(SimFiles.SECTOR, durable.size() - at);
                if (length > 0) {
                    range.at(at, length);
                }
            }
        }
    }

    @Override
    public void punch(long offset, long length) throws IOException {
        all.step("punch " + name);
        synchronized (all) {
            put(new Write(offset, Math.toIntExact(length), null));
        }
    }

    @Override
    public void allocate(long offset, long length) throws IOException {
        all.step("allocate " + name);
        synchronized (all) {
            grow(offset + length);
        }
    }

    @Override
    public long size() {
        synchronized (all) {
            return current.size();
        }
    }

    @Override
    public void dropCache() {
        synchronized (all) {
            BitSet dirty = dirtyBlocks();
            SparseBytes shown = durable.copy();
            shown.resize(Math.max(shown.size(), current.size()));
            for (int i = dirty.nextSetBit(0); i >= 0; i = dirty.nextSetBit(i + 1)) {
                long at = (long) i * SparseBytes.BLOCK;
                shown.take(current, at, (int) Math.min(SparseBytes.BLOCK, current.size() - at));
            }
            current = shown;
        }
    }

    @Override
    public void close() {}
}
