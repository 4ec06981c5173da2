package io.tidegate.pool;

import io.tidegate.block.NativeIOException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
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

    private final Map<String, SimFile> files = new TreeMap<>();
    private final Set<String> durableNames = new HashSet<>();
    private boolean locked;
    private long operations;
    private long stopAt = Long.MAX_VALUE;

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

    synchronized boolean stopped() {
        return operations >= stopAt;
    }

    void step(String op) throws IOException {
        before.accept(op);
        synchronized (this) {
            if (operations >= stopAt) {
                throw new IOException("no power");
            }
            operations++;
        }
        fault(op);
    }

    void fault(String op) throws IOException {
        FaultPlan plan = faults;
        if (plan != null) {
            plan.check(op);
        }
    }

    /** A file is about to grow; the lock is held. */
    void requireRoom(String name, long more) throws IOException {
        long all = files.values().stream().mapToLong(f -> f.current.size()).sum();
        if (all + more > capacity) {
            throw new NativeIOException(FaultPlan.ENOSPC, "fallocate", Path.of(name));
        }
    }

    /** What a loss of power leaves. */
    synchronized SimFiles afterPowerLoss(Random random) {
        SimFiles next = new SimFiles();
        files.forEach(
                (name, f) -> {
                    if (durableNames.contains(name) || random.nextBoolean()) {
                        SparseBytes left = f.afterPowerLoss(random);
                        next.files.put(name, new SimFile(next, name, left.copy(), left));
                        next.durableNames.add(name);
                    }
                });
        return next;
    }

    /** What the death of the process leaves: the cache survives, and its loss is still possible. */
    synchronized SimFiles afterKill() {
        SimFiles next = new SimFiles();
        files.forEach((name, f) -> next.files.put(name, f.copyTo(next)));
        next.durableNames.addAll(durableNames);
        return next;
    }

    /** Changes a bit behind the pool's back. */
    synchronized void damage(String name, long offset, int bit) {
        SimFile f = files.get(name);
        f.durable.flip(offset, bit);
        if (!f.dirtyBlocks().get((int) (offset / SparseBytes.BLOCK))) {
            f.current.flip(offset, bit);
        }
    }

    /** As {@link #damage}, in the cache too although that is not clean: a bit of memory. */
    synchronized void damageInMemory(String name, long offset, int bit) {
        SimFile f = files.get(name);
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
            files.put(name, new SimFile(this, name, content.copy(), content));
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
            SimFile f = new SimFile(this, name, new SparseBytes(), new SparseBytes());
            files.put(name, f);
            return f;
        }
    }

    @Override
    public synchronized PoolFile open(String name) throws IOException {
        SimFile f = files.get(name);
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
}
