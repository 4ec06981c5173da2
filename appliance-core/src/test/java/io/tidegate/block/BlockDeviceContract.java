package io.tidegate.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link BlockDevice} keeps, with those abilities that it has. A device's test extends
 * this class and hands in fresh devices. The seed of the random runs is printed and can be set by
 * the system property {@code tidegate.seed}.
 */
public abstract class BlockDeviceContract {

    protected static final long SIZE = 4 << 20;

    private BlockDevice device;
    private int block;

    /** A new device of this size at least that reads as zeroes. Closed by the test. */
    protected abstract BlockDevice fresh(long sizeBytes) throws Exception;

    /** Operations of the random run; a slow device may take fewer. */
    protected int randomOperations() {
        return 2000;
    }

    /** The longest update that the device takes; 0 when it cannot do any. */
    protected int maxUpdateBytes(BlockDevice of) {
        return AtomicUpdatable.MAX_UPDATE_BYTES;
    }

    @BeforeEach
    void openFresh() throws Exception {
        device = fresh(SIZE);
        block = device.geometry().logicalBlockBytes();
    }

    @AfterEach
    void closeDevice() throws Exception {
        device.close();
    }

    private static long seed() {
        long seed = Long.getLong("tidegate.seed", System.nanoTime());
        System.out.println("tidegate.seed=" + seed);
        return seed;
    }

    private byte[] bytes(long offset, int length) throws DeviceException {
        ByteBuffer in = ByteBuffer.allocate(length);
        device.read(offset, in);
        assertThat(in.remaining()).isZero();
        return in.array();
    }

    private static byte[] random(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    @Test
    void startsAsZeroes() throws DeviceException {
        assertThat(device.geometry().sizeBytes()).isGreaterThanOrEqualTo(SIZE);
        assertThat(bytes(0, 1 << 20)).containsOnly(0);
        assertThat(bytes(SIZE - block, block)).containsOnly(0);
    }

    @Test
    void movesBytesBetweenPositionAndLimitOfAnyBuffer() throws DeviceException {
        Random random = new Random(1);
        for (boolean direct : new boolean[] {true, false}) {
            byte[] data = random(random, 9 * block);
            ByteBuffer out =
                    direct ? ByteBuffer.allocateDirect(200_000) : ByteBuffer.allocate(200_000);
            out.position(3).put(data).flip().position(3);
            device.write(7L * block, out.asReadOnlyBuffer());
            device.write(7L * block, out);
            assertThat(out.position()).isEqualTo(out.limit());

            ByteBuffer in =
                    direct ? ByteBuffer.allocateDirect(200_000) : ByteBuffer.allocate(200_000);
            in.position(11).limit(11 + data.length);
            device.read(7L * block, in);
            assertThat(in.position()).isEqualTo(in.limit());
            byte[] got = new byte[data.length];
            in.position(11).get(got);
            assertThat(got).isEqualTo(data);
            assertThat(in.get(10)).isZero();
            assertThat(in.limit(200_000).get(11 + data.length)).isZero();
        }
    }

    @Test
    void takesEmptyRangesEverywhere() throws DeviceException {
        long end = device.geometry().sizeBytes();
        device.read(end, ByteBuffer.allocate(0));
        device.write(end, ByteBuffer.allocateDirect(0));
        device.write(0, ByteBuffer.allocate(0));
        if (device instanceof Discardable d) {
            d.discard(end, 0);
            d.discard(0, 0);
        }
        assertThat(bytes(end - block, block)).containsOnly(0);
    }

    @Test
    void refusesRangesThatAreNotItsOwn() {
        long end = device.geometry().sizeBytes();
        long[][] wrong = {
            {-block, block},
            {end, block},
            {end - block, 2L * block},
            {1, block},
            {0, block - 1},
            {Long.MAX_VALUE - block + 1, block}
        };
        for (long[] range : wrong) {
            int length = (int) range[1];
            ByteBuffer buffer = ByteBuffer.allocate(length);
            assertThatIllegalArgumentException().isThrownBy(() -> device.read(range[0], buffer));
            assertThatIllegalArgumentException().isThrownBy(() -> device.tryRead(range[0], buffer));
            assertThatIllegalArgumentException().isThrownBy(() -> device.write(range[0], buffer));
            if (device instanceof Discardable d) {
                assertThatIllegalArgumentException().isThrownBy(() -> d.discard(range[0], length));
            }
            if (device instanceof AtomicUpdatable a) {
                assertThatIllegalArgumentException()
                        .isThrownBy(() -> a.update(range[0], length, c -> true));
            }
            if (device instanceof ExtentMapped e) {
                assertThatIllegalArgumentException().isThrownBy(() -> e.runs(range[0], length, 1));
            }
        }
    }

    @Test
    void triesToReadAllOrNothing() throws DeviceException {
        byte[] data = random(new Random(2), 4 * block);
        device.write(0, ByteBuffer.wrap(data));
        ByteBuffer in = ByteBuffer.allocateDirect(8 * block);
        in.position(block).limit(5 * block);
        if (device.tryRead(0, in)) {
            assertThat(in.position()).isEqualTo(5 * block);
            assertThat(in.slice(block, 4 * block)).isEqualTo(ByteBuffer.wrap(data));
        } else {
            assertThat(in.position()).isEqualTo(block);
        }
        assertThat(in.limit()).isEqualTo(5 * block);
    }

    @Test
    void holdsWhatAPlainArrayHolds() throws DeviceException {
        Random random = new Random(seed());
        byte[] model = new byte[(int) SIZE];
        for (int i = 0; i < randomOperations(); i++) {
            int first = random.nextInt((int) SIZE / block);
            int count =
                    1
                            + random.nextInt(
                                    Math.min(
                                            random.nextBoolean() ? 8 : 400,
                                            (int) SIZE / block - first));
            step(random, model, first * block, count * block);
        }
        assertThat(bytes(0, (int) SIZE)).isEqualTo(model);
        checkRuns(model, 0, (int) SIZE, Integer.MAX_VALUE);
    }

    private void step(Random random, byte[] model, int offset, int length) throws DeviceException {
        switch (random.nextInt(8)) {
            case 0, 1 -> {
                byte[] data = random(random, length);
                System.arraycopy(data, 0, model, offset, length);
                device.write(
                        offset,
                        random.nextBoolean()
                                ? ByteBuffer.wrap(data)
                                : ByteBuffer.allocateDirect(length).put(data).flip());
            }
            case 2 -> discard(model, offset, length);
            case 3 -> update(random, model, offset, length);
            case 4 -> checkRuns(model, offset, length, 1 + random.nextInt(4));
            case 5 -> tryToRead(model, offset, length);
            case 6 -> device.flush();
            default ->
                    assertThat(bytes(offset, length))
                            .isEqualTo(Arrays.copyOfRange(model, offset, offset + length));
        }
    }

    private void discard(byte[] model, int offset, int length) throws DeviceException {
        if (device instanceof Discardable d) {
            d.discard(offset, length);
            Arrays.fill(model, offset, offset + length, (byte) 0);
        }
    }

    private void update(Random random, byte[] model, int offset, int length)
            throws DeviceException {
        if (device instanceof AtomicUpdatable a && length <= maxUpdateBytes(device)) {
            boolean write = random.nextBoolean();
            byte mark = (byte) random.nextInt();
            byte[] seen = new byte[length];
            boolean wrote =
                    a.update(
                            offset,
                            length,
                            current -> {
                                assertThat(current.isDirect()).isTrue();
                                assertThat(current.position()).isZero();
                                current.get(seen);
                                current.put(0, mark).put(length - 1, mark);
                                return write;
                            });
            assertThat(wrote).isEqualTo(write);
            assertThat(seen).isEqualTo(Arrays.copyOfRange(model, offset, offset + length));
            if (write) {
                model[offset] = mark;
                model[offset + length - 1] = mark;
            }
        }
    }

    private void tryToRead(byte[] model, int offset, int length) throws DeviceException {
        ByteBuffer in = ByteBuffer.allocateDirect(length);
        if (device.tryRead(offset, in)) {
            assertThat(in.flip()).isEqualTo(ByteBuffer.wrap(model, offset, length));
        }
    }

    private void checkRuns(byte[] model, int offset, int length, int maxRuns)
            throws DeviceException {
        if (device instanceof ExtentMapped e) {
            List<ExtentMapped.Run> runs = e.runs(offset, length, maxRuns);
            assertThat(runs).hasSizeBetween(1, maxRuns);
            long at = offset;
            Boolean before = null;
            for (ExtentMapped.Run run : runs) {
                assertThat(run.offset()).isEqualTo(at);
                assertThat(run.length()).isPositive();
                assertThat(run.offset() % block).isZero();
                assertThat(run.mapped()).as("neighbours are merged").isNotEqualTo(before);
                before = run.mapped();
                if (!run.mapped()) {
                    for (int i = (int) run.offset(); i < run.end(); i++) {
                        assertThat(model[i]).isZero();
                    }
                }
                at = run.end();
            }
            assertThat(at).isLessThanOrEqualTo(offset + length);
            if (runs.size() < maxRuns) {
                assertThat(at).isEqualTo(offset + length);
            }
        }
    }

    @Test
    void givesBackWhatIsDiscarded() throws DeviceException {
        assumeTrue(device instanceof Discardable && device instanceof ExtentMapped);
        device.write(0, ByteBuffer.wrap(random(new Random(3), 1 << 20)));
        ((Discardable) device).discard(block, (1 << 20) - 2L * block);
        byte[] all = bytes(0, 1 << 20);
        assertThat(Arrays.copyOfRange(all, block, (1 << 20) - block)).containsOnly(0);
        assertThat(Arrays.copyOfRange(all, 0, block)).isNotEqualTo(new byte[block]);
        assertThat(Arrays.copyOfRange(all, (1 << 20) - block, 1 << 20))
                .isNotEqualTo(new byte[block]);
    }

    private static void together(int threads, Callable<Void> task) throws Exception {
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Future<Void>> all = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                all.add(pool.submit(task));
            }
            for (Future<Void> f : all) {
                f.get();
            }
        }
    }

    @Test
    void updatesAreOneStepForEachOther() throws Exception {
        assumeTrue(device instanceof AtomicUpdatable && maxUpdateBytes(device) >= 2 * block);
        AtomicUpdatable a = (AtomicUpdatable) device;
        together(
                4,
                () -> {
                    for (int i = 0; i < 100; i++) {
                        a.update(
                                0,
                                block,
                                c -> {
                                    c.putLong(0, c.getLong(0) + 1);
                                    return true;
                                });
                    }
                    return null;
                });
        assertThat(ByteBuffer.wrap(bytes(0, block)).getLong()).isEqualTo(400);
    }

    @Test
    void noWriteFallsIntoAnUpdate() throws Exception {
        assumeTrue(device instanceof AtomicUpdatable && maxUpdateBytes(device) >= 2 * block);
        AtomicUpdatable a = (AtomicUpdatable) device;
        AtomicBoolean updater = new AtomicBoolean(true);
        AtomicBoolean done = new AtomicBoolean();
        // The writer writes one value to both blocks, the updater adds 1 to both: never unequal.
        together(
                2,
                () -> {
                    if (updater.getAndSet(false)) {
                        try {
                            for (int i = 0; i < 300; i++) {
                                a.update(0, 2 * block, c -> addToBoth(c));
                            }
                        } finally {
                            done.set(true);
                        }
                    } else {
                        Random random = new Random(4);
                        while (!done.get()) {
                            long value = random.nextLong();
                            ByteBuffer both = ByteBuffer.allocateDirect(2 * block);
                            device.write(0, both.putLong(0, value).putLong(block, value));
                        }
                    }
                    return null;
                });
        ByteBuffer end = ByteBuffer.wrap(bytes(0, 2 * block));
        assertThat(end.getLong(0)).isEqualTo(end.getLong(block));
    }

    private boolean addToBoth(ByteBuffer c) {
        assertThat(c.getLong(0)).isEqualTo(c.getLong(block));
        c.putLong(0, c.getLong(0) + 1).putLong(block, c.getLong(block) + 1);
        return true;
    }

    @Test
    void blocksAreWholeUnderConcurrentWrites() throws Exception {
        together(
                4,
                () -> {
                    Random random = new Random(Thread.currentThread().threadId());
                    for (int i = 0; i < 50; i++) {
                        byte[] same = new byte[16 * block];
                        Arrays.fill(same, (byte) random.nextInt());
                        device.write(0, ByteBuffer.wrap(same));
                    }
                    return null;
                });
        byte[] all = bytes(0, 16 * block);
        for (int b = 0; b < 16; b++) {
            assertThat(Arrays.copyOfRange(all, b * block, (b + 1) * block))
                    .containsOnly(all[b * block]);
        }
    }

    @Test
    void isGoneAfterClose() throws DeviceException {
        device.close();
        device.close();
        assertThatExceptionOfType(DeviceException.class)
                .isThrownBy(() -> device.read(0, ByteBuffer.allocate(block)))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(DeviceException.Kind.GONE));
        assertThatExceptionOfType(DeviceException.class)
                .isThrownBy(() -> device.write(0, ByteBuffer.allocate(block)))
                .satisfies(e -> assertThat(e.kind()).isEqualTo(DeviceException.Kind.GONE));
        assertThatExceptionOfType(DeviceException.class)
                .isThrownBy(device::flush)
                .satisfies(e -> assertThat(e.kind()).isEqualTo(DeviceException.Kind.GONE));
    }
}
