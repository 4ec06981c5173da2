package io.tidegate.pool;

import io.tidegate.block.NativeIOException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.NullUnmarked;

/**
 * Files in memory with a cache in front of a medium.
 *
 * <p>Fault model:
 *
 * <ul>
 *   <li><b>Cache.</b> A write can be read at once. It is on the medium after a sync of its file
 *       that began after it; a sync answers for nothing that was written while it ran.
 *   <li><b>Loss of power.</b> Of each sector of 512 bytes, independently, the medium has any of the
 *       versions since the last sync: writes are kept, dropped, torn at sectors and reordered. A
 *       hole is a write of zeroes. A file that grew has its old or its new length. A name that no
 *       sync of the directory followed is there or not.
 *   <li><b>Death of the process.</b> The cache survives; its loss is still possible later.
 *   <li><b>Failed sync.</b> Of each sector that it was to write the medium has any version, as
 *       after a loss of power; the cache goes on showing the newest and takes it for clean: no
 *       later sync writes it.
 *   <li><b>Dropping the cache</b> drops clean blocks of 4 KiB only.
 *   <li><b>Stop.</b> From the operation whose number is set on, nothing works any more: an
 *       operation is done as a whole or not at all, tearing is the loss of power's part.
 *   <li><b>Rot.</b> A bit changes on the medium, and in the cache where that is clean.
 *   <li><b>Full disk.</b> Growth beyond the capacity fails.
 * </ul>
 *
 * Not in the model: a medium that acknowledges a sync and loses it, and misdirected writes.
 */
@NullUnmarked
final class SimFiles implements PoolFiles {

    static final int SECTOR = 512;

    /** Decides that of what was not synced nothing is left, not even a name. */
    static final Random LOSE_ALL =
            new Random() {
                private static final long serialVersionUID = 1L;

                @Override
                public int nextInt(int bound) {
                    return 0;
                }

                @Override
                public boolean nextBoolean() {
                    return false;
                }
            };

    /** Decides that of what was not synced the newest version is left everywhere. */
    static final Random KEEP_ALL =
            new Random() {
                private static final long serialVersionUID = 1L;

                @Override
                public int nextInt(int bound) {
                    return bound - 1;
                }

                @Override
                public boolean nextBoolean() {
                    return true;
                }
            };

    private final Map<String, Sim> files = new TreeMap<>();
    private final Set<String> durableNames = new HashSet<>();
    private boolean locked;
    private long operations;
    private long stopAt = Long.MAX_VALUE;
    private int syncs;

    /** Called before an operation takes place, with its name and the file's. */
    volatile Consumer<String> before = op -> {};

    /** Bytes that files may have; what is over ends in an error, as on a full disk. */
    long capacity = Long.MAX_VALUE;

    /** A read that touches this byte of a data file fails; -1 for none. */
    volatile long unreadable = -1;

    /** Makes every sync fail; see the fault model for what is left then. */
    volatile boolean failSyncs;

    /** Says what a failed sync leaves. */
    Random failing = LOSE_ALL;

    /** Lets some operations fail. */
    volatile FaultPlan faults;

    /** Stops everything when so many more operations have begun. */
    synchronized void stopAfter(long count) {
        operations = 0;
        stopAt = count;
    }

    synchronized long operations() {
        return operations;
    }

    synchronized int syncs() {
        return syncs;
    }

    synchronized boolean stopped() {
        return operations >= stopAt;
    }

    private void step(String op) throws IOException {
        before.accept(op);
        synchronized (this) {
            if (operations >= stopAt) {
                throw new IOException("no power");
            }
            operations++;
        }
        fault(op);
    }

    private void fault(String op) throws IOException {
        FaultPlan plan = faults;
        if (plan != null) {
            plan.check(op);
        }
    }

    /** What a loss of power leaves. */
    synchronized SimFiles afterPowerLoss(Random random) {
        SimFiles next = new SimFiles();
        files.forEach(
                (name, f) -> {
                    if (durableNames.contains(name) || random.nextBoolean()) {
                        SparseBytes left = f.afterPowerLoss(random);
                        next.files.put(name, next.new Sim(name, left.copy(), left));
                        next.durableNames.add(name);
                    }
                });
        return next;
    }

    /** What the death of the process leaves: the cache survives, and its loss is still possible. */
    synchronized SimFiles afterKill() {
        SimFiles next = new SimFiles();
        files.forEach(
                (name, f) -> {
                    Sim copy = next.new Sim(name, f.durable.copy(), f.current.copy());
                    copy.pending.addAll(f.pending);
                    next.files.put(name, copy);
                });
        next.durableNames.addAll(durableNames);
        return next;
    }

    /** Changes a bit behind the pool's back. */
    synchronized void damage(String name, long offset, int bit) {
        Sim f = files.get(name);
        f.durable.flip(offset, bit);
        if (!f.dirtyBlocks().get((int) (offset / SparseBytes.BLOCK))) {
            f.current.flip(offset, bit);
        }
    }

    /** As {@link #damage}, in the cache too although that is not clean: a bit of memory. */
    synchronized void damageInMemory(String name, long offset, int bit) {
        Sim f = files.get(name);
        if (offset < f.durable.size()) {
            f.durable.flip(offset, bit);
        }
        f.current.flip(offset, bit);
    }

    /** A bit of a file. */
    record Place(String name, long offset, int bit) {}

    /** A random bit where something was written. */
    synchronized Place anyPlace(Random random) {
        List<String> names = new ArrayList<>(files.keySet());
        while (true) {
            String name = names.get(random.nextInt(names.size()));
            int[] blocks = files.get(name).durable.present();
            if (blocks.length > 0) {
                long block = blocks[random.nextInt(blocks.length)];
                long offset = block * SparseBytes.BLOCK + random.nextInt(SparseBytes.BLOCK);
                return new Place(name, offset, random.nextInt(8));
            }
        }
    }

    /** Puts other bytes, or none at all, in a file's place behind the pool's back. */
    synchronized void replace(String name, byte[] bytes) {
        files.remove(name);
        if (bytes != null) {
            SparseBytes content = new SparseBytes();
            content.resize(bytes.length);
            content.write(0, bytes, 0, bytes.length);
            files.put(name, new Sim(name, content.copy(), content));
            durableNames.add(name);
        }
    }

    synchronized byte[] content(String name) {
        SparseBytes current = files.get(name).current;
        byte[] all = new byte[(int) current.size()];
        current.read(0, ByteBuffer.wrap(all));
        return all;
    }

    @Override
    public synchronized boolean lock() {
        boolean free = !locked;
        locked = true;
        return free;
    }

    @Override
    public synchronized List<String> names() {
        return new ArrayList<>(files.keySet());
    }

    @Override
    public PoolFile create(String name) throws IOException {
        step("create " + name);
        synchronized (this) {
            if (files.containsKey(name)) {
                throw new IOException(name + " exists");
            }
            Sim f = new Sim(name, new SparseBytes(), new SparseBytes());
            files.put(name, f);
            return f;
        }
    }

    @Override
    public synchronized PoolFile open(String name) throws IOException {
        Sim f = files.get(name);
        if (f == null) {
            throw new IOException("no " + name);
        }
        return f;
    }

    @Override
    public void syncDirectory() throws IOException {
        step("syncDirectory");
        synchronized (this) {
            durableNames.addAll(files.keySet());
        }
    }

    @Override
    public String identity() {
        return "sim";
    }

    @Override
    public String name() {
        return "sim";
    }

    @Override
    public synchronized void close() {
        locked = false;
    }

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
            return (int) (offset / SECTOR);
        }

        int lastSector() {
            return (int) ((offset + length - 1) / SECTOR);
        }
    }

    private final class Sim implements PoolFile {
        private final String name;
        private final String readOp;
        private final String writeOp;
        private final String syncOp;
        private final SparseBytes durable;
        private SparseBytes current;

        /** Since the last sync, in order; {@code durable} and these make {@code current}. */
        private final List<Write> pending = new ArrayList<>();

        /** How many were taken off the head of {@code pending}. */
        private long settled;

        Sim(String name, SparseBytes durable, SparseBytes current) {
            this.name = name;
            this.readOp = "read " + name;
            this.writeOp = "write " + name;
            this.syncOp = "sync " + name;
            this.durable = durable;
            this.current = current;
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
                        long at = (long) s * SECTOR;
                        int length = (int) Math.min(SECTOR, left.size() - at);
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
            before.accept(readOp);
            fault(readOp);
            synchronized (SimFiles.this) {
                if (stopped()) {
                    throw new IOException("no power");
                }
                if (name.startsWith("data")
                        && offset <= unreadable
                        && unreadable < offset + into.remaining()) {
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
            FaultPlan plan = faults;
            try {
                step(writeOp);
            } catch (IOException e) {
                if (plan != null && plan.mine(e)) {
                    int sectors = plan.arriving((from.remaining() + SECTOR - 1) / SECTOR);
                    transfer(offset, from.slice(from.position(), sectors * SECTOR));
                }
                throw e;
            }
            transfer(offset, from);
        }

        private void transfer(long offset, ByteBuffer from) throws IOException {
            synchronized (SimFiles.this) {
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
                long all = files.values().stream().mapToLong(f -> f.current.size()).sum();
                if (all + size - current.size() > capacity) {
                    throw new NativeIOException(FaultPlan.ENOSPC, "fallocate", Path.of(name));
                }
                current.resize(size);
            }
        }

        @Override
        public void sync() throws IOException {
            long begun;
            long size;
            synchronized (SimFiles.this) {
                begun = settled + pending.size();
                size = current.size();
            }
            FaultPlan plan = faults;
            try {
                step(syncOp);
            } catch (IOException e) {
                if (plan != null && plan.mine(e)) {
                    settle(begun, size, plan.random());
                }
                throw e;
            }
            if (failSyncs) {
                settle(begun, size, failing);
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
            synchronized (SimFiles.this) {
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
                    syncs++;
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
                    long at = (long) s * SECTOR;
                    int length = (int) Math.min(SECTOR, durable.size() - at);
                    if (length > 0) {
                        range.at(at, length);
                    }
                }
            }
        }

        @Override
        public void punch(long offset, long length) throws IOException {
            step("punch " + name);
            synchronized (SimFiles.this) {
                put(new Write(offset, Math.toIntExact(length), null));
            }
        }

        @Override
        public void allocate(long offset, long length) throws IOException {
            step("allocate " + name);
            synchronized (SimFiles.this) {
                grow(offset + length);
            }
        }

        @Override
        public long size() {
            synchronized (SimFiles.this) {
                return current.size();
            }
        }

        @Override
        public void dropCache() {
            synchronized (SimFiles.this) {
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
}
