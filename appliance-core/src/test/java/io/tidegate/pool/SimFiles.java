package io.tidegate.pool;

import io.tidegate.block.NativeIOException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.NullUnmarked;

/**
 * Files in memory with a cache that a loss of power empties.
 *
 * <p>Fault model: a write is in the cache at once and on the medium after a sync of its file. A
 * loss of power leaves of each sector of 512 bytes, independently, any of the versions that it had
 * since the last sync: so writes are dropped, torn and reordered. A hole is a write of zeroes. A
 * name that no directory sync followed may be gone. From the operation whose number is set on,
 * nothing works any more.
 */
@NullUnmarked
final class SimFiles implements PoolFiles {

    static final int SECTOR = 512;

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

    /** Makes every sync of a data file fail. */
    volatile boolean failSyncs;

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
                        next.files.put(name, next.new Sim(name, f.afterPowerLoss(random)));
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
                    Sim copy = next.new Sim(name, f.durable.clone());
                    copy.current = f.current.clone();
                    f.versions.forEach((s, v) -> copy.versions.put(s, new ArrayList<>(v)));
                    next.files.put(name, copy);
                });
        next.durableNames.addAll(durableNames);
        return next;
    }

    /** Changes bytes behind the pool's back. */
    synchronized void damage(String name, int offset, int bit) {
        Sim f = files.get(name);
        f.current[offset] ^= (byte) (1 << bit);
        f.durable[offset] ^= (byte) (1 << bit);
    }

    /** Puts other bytes, or none at all, in a file's place behind the pool's back. */
    synchronized void replace(String name, byte[] bytes) {
        files.remove(name);
        if (bytes != null) {
            files.put(name, new Sim(name, bytes));
            durableNames.add(name);
        }
    }

    synchronized byte[] content(String name) {
        return files.get(name).current.clone();
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
            Sim f = new Sim(name, new byte[0]);
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

    private final class Sim implements PoolFile {
        private final String name;
        private byte[] durable;
        private byte[] current;

        /** Sector to the contents that it had after each write since the last sync. */
        private final Map<Integer, List<byte[]>> versions = new HashMap<>();

        Sim(String name, byte[] content) {
            this.name = name;
            this.durable = content;
            this.current = content.clone();
        }

        byte[] afterPowerLoss(Random random) {
            byte[] left = Arrays.copyOf(durable, current.length);
            versions.forEach(
                    (sector, list) -> {
                        int k = random.nextInt(list.size() + 1);
                        if (k > 0) {
                            byte[] v = list.get(k - 1);
                            System.arraycopy(v, 0, left, sector * SECTOR, v.length);
                        }
                    });
            return left;
        }

        @Override
        public void read(long offset, ByteBuffer into) throws IOException {
            before.accept("read " + name);
            fault("read " + name);
            synchronized (SimFiles.this) {
                if (stopped()) {
                    throw new IOException("no power");
                }
                if (offset + into.remaining() > current.length) {
                    throw new EOFException(name + " at " + offset);
                }
                into.put(current, (int) offset, into.remaining());
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
                step("write " + name);
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
                if (bytes.length > 0) {
                    put((int) offset, bytes);
                }
            }
        }

        private void put(int offset, byte[] bytes) throws IOException {
            grow(offset + bytes.length);
            System.arraycopy(bytes, 0, current, offset, bytes.length);
            for (int s = offset / SECTOR; s <= (offset + bytes.length - 1) / SECTOR; s++) {
                int end = Math.min(current.length, (s + 1) * SECTOR);
                versions.computeIfAbsent(s, k -> new ArrayList<>())
                        .add(Arrays.copyOfRange(current, s * SECTOR, end));
            }
        }

        private void grow(int size) throws IOException {
            if (size > current.length) {
                long all = files.values().stream().mapToLong(f -> f.current.length).sum();
                if (all + size - current.length > capacity) {
                    throw new NativeIOException(FaultPlan.ENOSPC, "fallocate", Path.of(name));
                }
                current = Arrays.copyOf(current, size);
                durable = Arrays.copyOf(durable, size);
            }
        }

        @Override
        public void sync() throws IOException {
            // A sync answers for what was written before it began, and for no more.
            Map<Integer, Integer> begun = new HashMap<>();
            synchronized (SimFiles.this) {
                versions.forEach((s, list) -> begun.put(s, list.size()));
            }
            FaultPlan plan = faults;
            try {
                step("sync " + name);
            } catch (IOException e) {
                if (plan != null && plan.mine(e)) {
                    settle(begun, plan::coin);
                }
                throw e;
            }
            if (failSyncs) {
                throw new IOException("Input/output error");
            }
            settle(begun, () -> true);
            synchronized (SimFiles.this) {
                syncs++;
            }
        }

        /** Writes the dirty sectors that a choice says; the rest is clean in the cache only. */
        private void settle(Map<Integer, Integer> begun, BooleanSupplier arrives) {
            synchronized (SimFiles.this) {
                begun.forEach(
                        (s, n) -> {
                            List<byte[]> list = versions.get(s);
                            byte[] v = list.get(n - 1);
                            if (arrives.getAsBoolean()) {
                                System.arraycopy(v, 0, durable, s * SECTOR, v.length);
                            }
                            list.subList(0, n).clear();
                            if (list.isEmpty()) {
                                versions.remove(s);
                            }
                        });
            }
        }

        @Override
        public void punch(long offset, long length) throws IOException {
            step("punch " + name);
            synchronized (SimFiles.this) {
                put((int) offset, new byte[(int) length]);
            }
        }

        @Override
        public void allocate(long offset, long length) throws IOException {
            step("allocate " + name);
            synchronized (SimFiles.this) {
                grow((int) (offset + length));
            }
        }

        @Override
        public long size() {
            return current.length;
        }

        @Override
        public void dropCache() {
            // Drops clean pages only, which are what the medium has unless a sync failed.
            synchronized (SimFiles.this) {
                byte[] fresh = durable.clone();
                for (int s : versions.keySet()) {
                    int end = Math.min(current.length, (s + 1) * SECTOR);
                    System.arraycopy(current, s * SECTOR, fresh, s * SECTOR, end - s * SECTOR);
                }
                current = fresh;
            }
        }

        @Override
        public void close() {}
    }
}
