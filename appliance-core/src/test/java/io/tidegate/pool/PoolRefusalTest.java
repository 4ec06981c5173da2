package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidegate.block.DeviceException;
import io.tidegate.volume.SnapshotDevice;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pools that must not be opened: the refusal names the file and the place and what to do, and
 * leaves every byte as it was. And structures that are wrong under a right checksum: a refusal, or
 * reads and checks that say so, and never anything that a caller does not expect.
 */
@NullUnmarked
class PoolRefusalTest {

    /** For longer searches: so many times the rounds. */
    private static final int MORE = Integer.getInteger("pool.fuzz.times", 1);

    private static final String SUPER = Superblocks.FILE;
    private static final String WAL = Recovery.WAL;
    private static final String DATA = "data-0000";

    @TempDir Path tokens;
    @TempDir Path dir;

    /** A pool with a log to replay, as a loss of power leaves it. */
    private PoolHarness cutOff(long seed) throws Exception {
        PoolHarness h = new PoolHarness(seed, tokens);
        for (int i = 0; i < 60; i++) {
            h.act();
        }
        h.background();
        ModelVolume v = h.createVolume();
        for (int i = 0; i < 6; i++) {
            h.write(v, 64 * i, 16);
            h.device(v).flush();
        }
        SimFiles left = h.files.afterPowerLoss(new Random(seed));
        h.abandon();
        h.files = left;
        return h;
    }

    private static Map<String, byte[]> content(SimFiles files) {
        Map<String, byte[]> all = new LinkedHashMap<>();
        files.names().forEach(n -> all.put(n, files.content(n)));
        return all;
    }

    private static void edit(SimFiles files, String name, Consumer<byte[]> change) {
        byte[] bytes = files.content(name);
        change.accept(bytes);
        files.replace(name, bytes);
    }

    /** One pool for all that is to be refused. */
    private PoolHarness harness() throws Exception {
        if (shared == null) {
            shared = cutOff(41);
            intactShared = shared.files;
        }
        shared.files = intactShared.afterKill();
        return shared;
    }

    private PoolHarness shared;
    private SimFiles intactShared;

    private void refused(Consumer<SimFiles> damage, String... says) throws Exception {
        PoolHarness h = harness();
        damage.accept(h.files);
        Map<String, byte[]> before = content(h.files);
        StoreException e =
                catchThrowableOfType(StoreException.class, () -> h.open(UUID.randomUUID()));
        assertThat(e).isNotNull();
        assertThat(e.kind()).as("%s", e).isEqualTo(StoreException.Kind.DAMAGED);
        for (String word : says) {
            assertThat(e).hasMessageContaining(word);
        }
        assertThat(e).hasMessageContaining("nothing was written");
        assertThat(h.files.names()).isEqualTo(List.copyOf(before.keySet()));
        before.forEach((name, bytes) -> assertThat(h.files.content(name)).isEqualTo(bytes));
        assertThat(h.files.operations()).as("writes and allocations of %s", e).isZero();
    }

    @Test
    void whatIsNoPoolsIsRefused() throws Exception {
        refused(
                f -> edit(f, SUPER, b -> new Random(1).nextBytes(b)),
                SUPER,
                "neither superblock is valid");
        refused(f -> f.replace(SUPER, new byte[100]), SUPER, "neither");
        refused(f -> f.replace(WAL, null), WAL, "is missing");
        refused(f -> f.replace(WAL, new byte[1000]), WAL, "1000 bytes");
        refused(f -> f.replace(WAL, new byte[256 << 10]), WAL, "no batch of this pool");
        refused(f -> f.replace(DATA, null), DATA, "missing");
        refused(f -> f.replace(DATA, new byte[4096]), DATA, "too short");
    }

    @Test
    void aNewerFormatIsRefused() throws Exception {
        refused(
                f ->
                        edit(
                                f,
                                SUPER,
                                b ->
                                        Resealed.superblock(
                                                b, Resealed.newest(b), s -> s.putInt(8, 7))),
                SUPER,
                "version 7",
                "program that made it");
        refused(
                f ->
                        edit(
                                f,
                                SUPER,
                                b ->
                                        Resealed.superblock(
                                                b,
                                                Resealed.newest(b),
                                                s -> s.putLong(16, 1 << 20))),
                SUPER,
                "features 100000",
                "program that made it");
    }

    @Test
    void sizesThatCannotBeAreRefused() throws Exception {
        int[] fields = {80, 84, 88, 92, 96, 100, 104};
        for (int field : fields) {
            for (int value : new int[] {-1, 0, 40, Integer.MAX_VALUE, 1 << 30}) {
                refused(
                        f ->
                                edit(
                                        f,
                                        SUPER,
                                        b ->
                                                Resealed.superblock(
                                                        b,
                                                        Resealed.newest(b),
                                                        s -> s.putInt(field, value))),
                        SUPER,
                        "cannot be");
            }
        }
        PoolHarness h = cutOff(41);
        SimFiles intact = h.files;
        for (int field : new int[] {72, 112, 120, 128, 144, 152, 160, 168, 176, 184}) {
            for (long value : new long[] {-1, Long.MAX_VALUE, 1L << 40}) {
                h.files = intact.afterKill();
                edit(
                        h.files,
                        SUPER,
                        b ->
                                Resealed.superblock(
                                        b, Resealed.newest(b), s -> s.putLong(field, value)));
                defined(h, "field " + field + " " + value);
            }
        }
    }

    @Test
    void aTruncatedDataFileIsRefused() throws Exception {
        refused(
                f -> {
                    byte[] all = f.content(DATA);
                    f.replace(DATA, Arrays.copyOf(all, all.length / 2));
                },
                DATA,
                "its segments need");
    }

    @Test
    void aHoleInTheLogIsRefused() throws Exception {
        refused(
                f -> {
                    byte[] wal = f.content(WAL);
                    List<Integer> batches = Resealed.batches(wal, f.content(SUPER));
                    assertThat(batches).hasSizeGreaterThan(8);
                    wal[batches.get(3) + 20] ^= 1;
                    f.replace(WAL, wal);
                },
                WAL,
                "is damaged at offset",
                "stand behind");
    }

    @Test
    void aRottenNewerSuperblockIsRefused() throws Exception {
        refused(
                f -> edit(f, SUPER, b -> b[(Resealed.newest(b) << 20) + 500] ^= 1),
                SUPER,
                "too old to be used");
    }

    @Test
    void everyPageOfTheLastCheckpointCounts() throws Exception {
        Random random = new Random(3);
        int refused = 0;
        PoolHarness h = cutOff(43);
        SimFiles intact = h.files;
        for (int i = 0; i < 30; i++) {
            h.files = intact.afterKill();
            byte[] data = h.files.content(DATA);
            List<Resealed.Page> pages = Resealed.pages(data, Layout.of(PoolHarness.OPTIONS));
            Resealed.Page page = pages.get(random.nextInt(pages.size()));
            data[page.at() + random.nextInt(4096)] ^= 4;
            h.files.replace(DATA, data);
            Map<String, byte[]> before = content(h.files);
            try {
                h.open(UUID.randomUUID());
                h.abandon();
            } catch (StoreException e) {
                assertThat(e.kind()).isEqualTo(StoreException.Kind.DAMAGED);
                assertThat(e).hasMessageContaining("page");
                before.forEach((n, bytes) -> assertThat(h.files.content(n)).isEqualTo(bytes));
                refused++;
            }
        }
        assertThat(refused).isBetween(2, 28);
    }

    // Under a right checksum --------------------------------------------------------------------

    private interface Damage {
        void in(SimFiles files, Random random);
    }

    private void fuzz(long seed, int rounds, Damage damage) throws Exception {
        PoolHarness h = cutOff(seed);
        SimFiles intact = h.files;
        for (int i = 0; i < rounds * MORE; i++) {
            h.files = intact.afterKill();
            damage.in(h.files, new Random(seed * 1_000_003 + i));
            defined(h, "seed " + seed + ", round " + i);
        }
    }

    /** Whatever is on disk, callers see what they expect: an answer, or a failure of its kind. */
    private static void defined(PoolHarness h, String what) {
        try {
            h.files.stopAfter(Long.MAX_VALUE);
            try {
                new PoolFactory(h.files, h.rules, UUID.randomUUID()).check(h.openOptions());
            } catch (StoreException e) {
                assertThat(e.kind()).isEqualTo(StoreException.Kind.DAMAGED);
            }
            assertThat(h.files.operations()).as("writes of a check").isZero();
            try {
                h.open(UUID.randomUUID());
            } catch (StoreException e) {
                assertThat(e.kind()).as("%s", e).isEqualTo(StoreException.Kind.DAMAGED);
                return;
            }
            for (VolumeId id : h.pool.volumes()) {
                readAll(h.pool, id);
            }
            try {
                h.pool.check();
            } catch (StoreException e) {
                assertThat(e.kind()).isEqualTo(StoreException.Kind.DAMAGED);
            }
            h.pool.close();
        } catch (Exception | Error e) {
            throw new AssertionError(what, e);
        }
    }

    private static void readAll(Pool pool, VolumeId id) throws Exception {
        try (VolumeDevice d = pool.openVolume(id)) {
            read(d);
        }
        for (SnapshotId s : pool.snapshots(id)) {
            try (SnapshotDevice d = pool.openSnapshot(s)) {
                read(d);
            }
        }
    }

    private static void read(io.tidegate.block.BlockDevice d) throws Exception {
        try {
            d.read(0, ByteBuffer.allocateDirect(1 << 20));
        } catch (DeviceException e) {
            assertThat(e.kind()).isEqualTo(DeviceException.Kind.READ);
        }
    }

    @Test
    void superblocksUnderARightChecksum() throws Exception {
        fuzz(
                51,
                60,
                (files, random) ->
                        edit(
                                files,
                                SUPER,
                                b -> {
                                    int slot = Resealed.newest(b);
                                    Resealed.flip(b, (slot << 20) + 8, 184, random);
                                    Resealed.superblock(b, slot, s -> {});
                                }));
    }

    @Test
    void batchesUnderARightChecksum() throws Exception {
        fuzz(
                52,
                80,
                (files, random) -> {
                    byte[] wal = files.content(WAL);
                    List<Integer> batches = Resealed.batches(wal, files.content(SUPER));
                    int i = random.nextInt(batches.size());
                    int at = batches.get(i);
                    int length = Resealed.little(wal).getInt(at + 4);
                    int from = random.nextInt(4) == 0 || length <= 80 ? 4 : 80;
                    Resealed.flip(wal, at + from, length - from, random);
                    Resealed.log(wal, batches, i);
                    files.replace(WAL, wal);
                });
    }

    @Test
    void pagesUnderARightChecksum() throws Exception {
        Layout layout = Layout.of(PoolHarness.OPTIONS);
        fuzz(
                53,
                100,
                (files, random) -> {
                    byte[] data = files.content(DATA);
                    List<Resealed.Page> pages = new ArrayList<>(Resealed.pages(data, layout));
                    if (random.nextBoolean()) {
                        // Structures above the maps are few, and matter most.
                        pages.removeIf(p -> p.kind() == NodeImage.Kind.MAP.ordinal());
                    }
                    Resealed.page(data, pages.get(random.nextInt(pages.size())), random);
                    files.replace(DATA, data);
                });
    }

    // Real files --------------------------------------------------------------------------------

    @Test
    void aPoolInRealFilesIsLeftAsItWas() throws Exception {
        Path at = dir.resolve("pool");
        PoolOptions options = PoolOptions.fast(128 << 20).withSegmentBytes(64 << 10);
        try (Pool pool = Pool.create(at, options.withWalBytes(64 << 10))) {
            assertThat(pool.volumes()).isEmpty();
        }
        Path wal = at.resolve(WAL);
        byte[] other = new byte[64 << 10];
        Files.write(wal, other);
        Map<String, byte[]> before = onDisk(at);
        StoreException e =
                catchThrowableOfType(
                        StoreException.class, () -> Pool.open(at, PoolOpenOptions.standard()));
        assertThat(e.kind()).isEqualTo(StoreException.Kind.DAMAGED);
        assertThat(e).hasMessageContaining(WAL).hasMessageContaining(at.toString());
        assertThat(PoolCheck.check(at).problems()).hasSize(1).first().asString().contains(WAL);
        Map<String, byte[]> after = onDisk(at);
        assertThat(after.keySet()).isEqualTo(before.keySet());
        before.forEach((name, bytes) -> assertThat(after.get(name)).isEqualTo(bytes));
    }

    private static Map<String, byte[]> onDisk(Path at) throws IOException {
        Map<String, byte[]> all = new LinkedHashMap<>();
        try (Stream<Path> files = Files.list(at)) {
            files.sorted()
                    .forEach(
                            f -> {
                                try {
                                    all.put(f.getFileName().toString(), Files.readAllBytes(f));
                                } catch (IOException e) {
                                    throw new UncheckedIOException(e);
                                }
                            });
        }
        return all;
    }
}
