package io.tidegate.pool;

import static io.tidegate.pool.SealRig.GRAIN;
import static io.tidegate.pool.SealRig.damaged;
import static io.tidegate.pool.SealRig.read;
import static io.tidegate.pool.SealRig.refused;
import static io.tidegate.pool.SealRig.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidegate.block.DeviceException;
import io.tidegate.block.Geometry;
import io.tidegate.volume.ScrubReport;
import io.tidegate.volume.SnapshotDevice;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeShape;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damage is found where data is checked; sealing neither raises false alarms nor gets lost. */
@NullUnmarked
class PoolSealTest {

    private static final int BAD = 3 * GRAIN;

    @TempDir Path tokens;

    /** A sealed volume of 16 grains with the value 7, whose fourth grain is damaged. */
    private VolumeDevice damagedVolume(SealRig rig) throws Exception {
        VolumeDevice v = rig.volume();
        write(v, 0, 16 * GRAIN, 7);
        rig.snapshot(v);
        rig.sealAll();
        assertThat(rig.checked(v, BAD)).isTrue();
        rig.damage(rig.address(v, BAD));
        return v;
    }

    @Test
    void damageIsNoticedByEveryReader() throws Exception {
        SealRig rig = new SealRig(tokens);
        VolumeDevice v = damagedVolume(rig);
        SnapshotId id = rig.pool.snapshots(v.volume()).iterator().next();
        VolumeId clone = VolumeId.random();
        rig.pool.cloneSnapshot(id, clone);
        for (int round = 0; round < 2; round++) {
            refused(v, BAD, GRAIN, BAD, GRAIN);
            refused(rig.pool.openVolume(clone), BAD, GRAIN, BAD, GRAIN);
            try (SnapshotDevice s = rig.pool.openSnapshot(id)) {
                refused(s, 0, 16 * GRAIN, BAD, GRAIN);
                assertThat(read(s, 0, BAD)).isEqualTo(7);
            }
            // Its neighbours are as good as before.
            assertThat(read(v, 0, BAD)).isEqualTo(7);
            assertThat(read(v, BAD + GRAIN, 8 * GRAIN)).isEqualTo(7);
            // And again with the checksums from the disk.
            rig.reopen();
            v = rig.pool.openVolume(v.volume());
        }
    }

    @Test
    void damageIsNoticedWhereAGrainIsReadInPart() throws Exception {
        SealRig rig = new SealRig(tokens);
        VolumeDevice v = damagedVolume(rig);
        // The damaged byte itself lies outside all of these.
        refused(v, BAD, 512, BAD, 512);
        refused(v, BAD + 2048, 512, BAD + 2048, 512);
        refused(v, BAD + 2048, GRAIN, BAD + 2048, 2048);
        refused(v, BAD - GRAIN - 512, 2 * GRAIN, BAD, GRAIN - 512);
        refused(v, BAD - 512, 2 * GRAIN, BAD, GRAIN);
        refused(v, 512, 6 * GRAIN, BAD, GRAIN);
        assertThat(read(v, BAD - 512, 512)).isEqualTo(7);
        assertThat(read(v, BAD + GRAIN + 512, 1024)).isEqualTo(7);
        assertThat(read(v, 512, BAD - 1024)).isEqualTo(7);
    }

    @Test
    void partsOfWholeReadsComeFromTheRightPlace() throws Exception {
        SealRig rig = new SealRig(tokens);
        VolumeDevice v = rig.volume();
        ByteBuffer content = ByteBuffer.allocateDirect(24 * GRAIN);
        for (int i = 0; i < content.capacity(); i++) {
            content.put((byte) (i ^ i >>> 8 ^ i >>> 12));
        }
        v.write(0, content.flip());
        rig.snapshot(v);
        rig.sealAll();
        // Some of them change and are not checked any more.
        v.write(5 * GRAIN, content.slice(5 * GRAIN, GRAIN));
        v.write(9 * GRAIN, content.slice(9 * GRAIN, 2 * GRAIN));
        for (int from = 0; from < 12 * GRAIN; from += 1536) {
            for (int length = 512; from + length <= content.capacity(); length += 3584) {
                ByteBuffer b = ByteBuffer.allocateDirect(length + 16).position(8);
                v.read(from, b.limit(8 + length));
                assertThat(b.flip().position(8)).isEqualTo(content.slice(from, length));
                assertThat(v.tryRead(from, b.clear().position(8).limit(8 + length))).isTrue();
                assertThat(b.flip().position(8)).isEqualTo(content.slice(from, length));
            }
        }
    }

    @Test
    void aWriteOfAPartMeetsTheDamageAndAWholeOneEndsIt() throws Exception {
        SealRig rig = new SealRig(tokens);
        VolumeDevice v = damagedVolume(rig);
        DeviceException e =
                catchThrowableOfType(DeviceException.class, () -> write(v, BAD + 512, 512, 9));
        damaged(e, BAD + 512, 512);
        e = catchThrowableOfType(DeviceException.class, () -> v.update(BAD, 512, b -> true));
        damaged(e, BAD, 512);
        write(v, BAD, GRAIN, 9);
        assertThat(read(v, BAD, GRAIN)).isEqualTo(9);
        assertThat(rig.pool.check().problems()).isEmpty();
    }

    @Test
    void damageBetweenWritingAndSealingIsNoticed() throws Exception {
        SealRig rig = new SealRig(tokens);
        VolumeDevice v = rig.volume();
        write(v, 0, 8 * GRAIN, 7);
        write(v, 10 * GRAIN + 512, 1024, 7);
        rig.damage(rig.address(v, BAD));
        rig.damage(rig.address(v, 10 * GRAIN));
        rig.snapshot(v);
        rig.sealAll();
        refused(v, BAD, GRAIN, BAD, GRAIN);
        refused(v, 10 * GRAIN + 512, 512, 10 * GRAIN + 512, 512);
        assertThat(read(v, 0, BAD)).isEqualTo(7);
    }

    @Test
    void aWriteInPlaceBeforeTheSnapshotCounts() throws Exception {
        SealRig rig = new SealRig(tokens);
        VolumeDevice v = rig.volume();
        write(v, 0, 8 * GRAIN, 7);
        long address = rig.address(v, GRAIN);
        write(v, GRAIN, GRAIN, 8);
        write(v, 2 * GRAIN + 512, 512, 8);
        assertThat(rig.address(v, GRAIN)).as("in place").isEqualTo(address);
        rig.snapshot(v);
        rig.sealAll();
        assertThat(rig.checked(v, GRAIN)).isTrue();
        assertThat(read(v, GRAIN, GRAIN)).isEqualTo(8);
        assertThat(read(v, 2 * GRAIN + 512, 512)).isEqualTo(8);
        assertThat(read(v, 2 * GRAIN + 1024, 512)).isEqualTo(7);
    }

    @Test
    void aCheckedGrainIsNotOverwrittenInPlaceWhenItsSnapshotIsGone() throws Exception {
        SealRig rig = new SealRig(tokens);
        VolumeDevice v = rig.volume();
        write(v, 0, 8 * GRAIN, 7);
        SnapshotId id = rig.snapshot(v);
        rig.sealAll();
        rig.pool.deleteSnapshot(id);
        rig.checkpoint();
        long before = rig.address(v, GRAIN);
        write(v, GRAIN, GRAIN, 8);
        long after = rig.address(v, GRAIN);
        assertThat(after).isNotEqualTo(before);
        assertThat(rig.checked(v, GRAIN)).isFalse();
        assertThat(rig.pool.core().seals.checked(before)).isFalse();
        // Now it is an ordinary young grain.
        write(v, GRAIN, GRAIN, 9);
        assertThat(rig.address(v, GRAIN)).isEqualTo(after);
        assertThat(read(v, 0, GRAIN)).isEqualTo(7);
        assertThat(read(v, GRAIN, GRAIN)).isEqualTo(9);
    }

    @Test
    void sealingGoesOnAfterARestart() throws Exception {
        SealRig rig = new SealRig(tokens);
        VolumeDevice v = rig.volume();
        write(v, 0, 400 * GRAIN, 1);
        SnapshotId first = rig.snapshot(v);
        write(v, 0, 10 * GRAIN, 2);
        SnapshotId second = rig.snapshot(v);
        assertThat(rig.pool.core().sealer.step()).isTrue();
        rig.reopen();
        v = rig.pool.openVolume(v.volume());
        assertThat(rig.checked(v, 20 * GRAIN)).as("from the first piece").isTrue();
        assertThat(rig.checked(v, 399 * GRAIN)).isFalse();
        assertThat(rig.held(first).sealed).isFalse();
        rig.sealAll();
        rig.reopen();
        v = rig.pool.openVolume(v.volume());
        assertThat(rig.held(first).sealed).isTrue();
        assertThat(rig.held(second).sealed).isTrue();
        assertThat(rig.pool.core().sealer.step()).as("nothing is left").isFalse();
        for (int g = 0; g < 400; g++) {
            assertThat(rig.checked(v, (long) g * GRAIN)).isTrue();
        }
        assertThat(rig.pool.scrub(PoolHarness.NO_LIMIT).uncheckedBytes()).isZero();
    }

    @Test
    void whatADeletedSnapshotLeftUnsealedIsTheNextOnesWork() throws Exception {
        SealRig rig = new SealRig(tokens);
        VolumeDevice v = rig.volume();
        write(v, 0, 300 * GRAIN, 1);
        SnapshotId first = rig.snapshot(v);
        rig.pool.core().sealer.step();
        write(v, 0, GRAIN, 2);
        SnapshotId second = rig.snapshot(v);
        rig.pool.deleteSnapshot(first);
        rig.sealAll();
        assertThat(rig.held(second).sealed).isTrue();
        for (int g = 0; g < 300; g++) {
            assertThat(rig.checked(v, (long) g * GRAIN)).isTrue();
        }
        // Also where a later one was sealed already: after a promotion the order is another.
        VolumeId clone = VolumeId.random();
        write(v, 0, 4 * GRAIN, 3);
        SnapshotId third = rig.snapshot(v);
        rig.pool.cloneSnapshot(third, clone);
        VolumeDevice c = rig.pool.openVolume(clone);
        SnapshotId ofClone = rig.snapshot(c);
        rig.held(ofClone).sealed = true;
        rig.pool.promoteClone(clone);
        v.close();
        rig.pool.deleteVolume(v.volume());
        rig.pool.deleteSnapshot(third);
        assertThat(rig.held(ofClone).sealed).isFalse();
        rig.sealAll();
        assertThat(rig.checked(c, 2 * GRAIN)).isTrue();
    }

    @Test
    void aDeletionWaitsForThePieceUnderWay() throws Exception {
        SealRig rig = new SealRig(tokens);
        VolumeDevice v = rig.volume();
        write(v, 0, 8 * GRAIN, 7);
        SnapshotId id = rig.snapshot(v);
        // After this the sums of the moment of writing are forgotten: the piece has to read.
        rig.reopen();
        VolumeDevice d = rig.pool.openVolume(v.volume());
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread piece = thread(failure, () -> rig.pool.core().sealer.step());
        rig.files.before =
                op -> {
                    // Its first read, of the map; it holds what a piece holds.
                    if (Thread.currentThread() == piece && reached.getCount() > 0) {
                        reached.countDown();
                        uninterruptibly(release);
                    }
                };
        piece.start();
        reached.await();
        Thread deletion = thread(failure, () -> rig.pool.deleteSnapshot(id));
        deletion.start();
        while (deletion.getState() != Thread.State.WAITING) {
            assertThat(deletion.isAlive()).isTrue();
            Thread.onSpinWait();
        }
        assertThat(rig.held(id)).isNotNull();
        // Writes go on meanwhile.
        write(d, 0, GRAIN, 8);
        release.countDown();
        piece.join();
        deletion.join();
        assertThat(failure.get()).isNull();
        assertThat(rig.held(id)).isNull();
        assertThat(rig.checked(d, GRAIN)).isTrue();
        write(d, GRAIN, GRAIN, 9);
        assertThat(read(d, GRAIN, GRAIN)).isEqualTo(9);
        assertThat(rig.pool.scrub(PoolHarness.NO_LIMIT).problems()).isEmpty();
    }

    private interface Body {
        void run() throws Exception;
    }

    private static Thread thread(AtomicReference<Throwable> failure, Body body) {
        return new Thread(
                () -> {
                    try {
                        body.run();
                    } catch (Throwable e) {
                        failure.set(e);
                    }
                });
    }

    private static void uninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aFullPoolIsSealedAsFarAsThereIsRoomAndGoesOn() throws Exception {
        SealRig rig = new SealRig(tokens);
        VolumeDevice v = bigVolume(rig);
        VolumeId id = v.volume();
        long end = 0;
        DeviceException full = null;
        while (full == null) {
            try {
                write(v, end, GRAIN, 7);
                end += GRAIN;
            } catch (DeviceException e) {
                full = e;
            }
        }
        assertThat(full.kind()).isEqualTo(DeviceException.Kind.NO_SPACE);
        rig.snapshot(v);
        for (int round = 0; round < 200 && !sealed(rig, v); round++) {
            rig.pool.core().sealer.step();
            rig.checkpoint();
        }
        assertThat(rig.pool.status().readOnlyReason()).isEmpty();
        assertThat(rig.pool.check().problems()).isEmpty();
        assertThat(read(v, 0, 64 * GRAIN)).isEqualTo(7);
        rig.pool.deleteSnapshot(rig.pool.snapshots(id).iterator().next());
        v.discard(0, 32 << 20);
        rig.checkpoint();
        write(v, 0, 64 * GRAIN, 8);
        assertThat(read(v, 0, 64 * GRAIN)).isEqualTo(8);
        assertThat(rig.pool.scrub(PoolHarness.NO_LIMIT).problems()).isEmpty();
    }

    /** Larger than the pool. */
    private static VolumeDevice bigVolume(SealRig rig) throws Exception {
        VolumeId id = VolumeId.random();
        rig.pool.createVolume(id, new VolumeShape(Geometry.ofBytes(64 << 20, 512, 4096), 4096));
        return rig.pool.openVolume(id);
    }

    private static boolean sealed(SealRig rig, VolumeDevice v) throws Exception {
        return rig.pool.snapshots(v.volume()).stream().allMatch(s -> rig.held(s).sealed);
    }

    @Test
    void sealingWaitsForRoomForItsPages() throws Exception {
        SealRig rig = new SealRig(tokens);
        VolumeDevice v = rig.volume();
        write(v, 0, 8 * GRAIN, 7);
        SnapshotId id = rig.snapshot(v);
        SpaceMap space = rig.pool.core().space;
        int taken = 0;
        while (space.claims.claimNodes(1)) {
            taken++;
        }
        assertThat(rig.pool.core().sealer.step()).isFalse();
        assertThat(rig.held(id).sealed).isFalse();
        assertThat(rig.checked(v, 0)).isFalse();
        space.claims.unclaimNodes(taken);
        rig.sealAll();
        assertThat(rig.held(id).sealed).isTrue();
        assertThat(rig.checked(v, 0)).isTrue();
        // What sealing claimed it has given back.
        int again = 0;
        while (space.claims.claimNodes(1)) {
            again++;
        }
        assertThat(again).isGreaterThan(taken - 20);
    }

    @Test
    void sealsAreKeptWhereTheFreeMapDidNotChangeOtherwise() throws Exception {
        SealRig rig = new SealRig(tokens, new SealRig.Driven(), PoolHarness.OPTIONS);
        VolumeDevice v = bigVolume(rig);
        int bytes = 17 << 20;
        for (int at = 0; at < bytes; at += 1 << 20) {
            write(v, at, 1 << 20, 7);
        }
        rig.snapshot(v);
        rig.checkpoint();
        assertThat(rig.pool.core().space.pages()).isGreaterThan(2);
        rig.sealAll();
        rig.reopen();
        ScrubReport report = rig.pool.scrub(PoolHarness.NO_LIMIT);
        assertThat(report.problems()).isEmpty();
        assertThat(report.goodBytes()).isEqualTo(bytes);
        assertThat(report.uncheckedBytes()).isZero();
    }

    @Test
    void aGrainThatCannotBeReadStaysUncheckedAndTheOthersAreSealed() throws Exception {
        SealRig rig = new SealRig(tokens);
        VolumeDevice v = rig.volume();
        write(v, 0, 8 * GRAIN, 7);
        SnapshotId id = rig.snapshot(v);
        rig.reopen();
        VolumeDevice d = rig.pool.openVolume(v.volume());
        rig.files.unreadable = rig.pool.core().layout.offsetInFile(rig.address(d, BAD));
        rig.sealAll();
        rig.files.unreadable = -1;
        assertThat(rig.held(id).sealed).isTrue();
        for (int g = 0; g < 8; g++) {
            assertThat(rig.checked(d, (long) g * GRAIN)).isEqualTo(g != 3);
        }
    }

    @Test
    void aPoolWithoutChecksumsSealsNothing() throws Exception {
        SealRig rig =
                new SealRig(tokens, new SealRig.Driven(), SealRig.OPTIONS.withChecksums(false));
        VolumeDevice v = rig.volume();
        write(v, 0, 8 * GRAIN, 7);
        rig.snapshot(v);
        assertThat(rig.pool.core().sealer.step()).isFalse();
        assertThat(rig.checked(v, 0)).isFalse();
        assertThat(rig.pool.status().checksums()).isFalse();
        assertThat(rig.pool.core().seals.written.get(rig.address(v, 0))).isEqualTo(Seals.UNCHECKED);
        assertThat(rig.pool.scrub(PoolHarness.NO_LIMIT).uncheckedBytes()).isEqualTo(8 * GRAIN);
    }

    // The rules, each broken once -----------------------------------------------------------------

    private boolean goodAfterAnOverwriteOfACheckedGrain(Rules rules) throws Exception {
        SealRig rig = new SealRig(tokens, rules, SealRig.OPTIONS);
        VolumeDevice v = rig.volume();
        write(v, 0, 8 * GRAIN, 7);
        SnapshotId id = rig.snapshot(v);
        rig.sealAll();
        rig.pool.deleteSnapshot(id);
        write(v, GRAIN, GRAIN, 8);
        return good(rig, v, GRAIN, 8);
    }

    /** False when an undamaged grain is taken for a damaged one. */
    private static boolean good(SealRig rig, VolumeDevice v, long offset, int value)
            throws Exception {
        boolean scrubbed = rig.pool.scrub(PoolHarness.NO_LIMIT).problems().isEmpty();
        boolean read = true;
        try {
            assertThat(read(v, offset, GRAIN)).isEqualTo(value);
        } catch (DeviceException e) {
            assertThat(e.kind()).isEqualTo(DeviceException.Kind.READ);
            read = false;
        }
        assertThat(scrubbed).isEqualTo(read);
        return read;
    }

    @Test
    void checkedGrainsStayAsTheyAre() throws Exception {
        assertThat(goodAfterAnOverwriteOfACheckedGrain(new SealRig.Driven())).isTrue();
        assertThat(
                        goodAfterAnOverwriteOfACheckedGrain(
                                new SealRig.Driven() {
                                    @Override
                                    boolean checkedGrainsStay() {
                                        return false;
                                    }
                                }))
                .isFalse();
    }

    private boolean goodAfterReuse(Rules rules) throws Exception {
        SealRig rig = new SealRig(tokens, rules, SealRig.OPTIONS);
        VolumeDevice v = rig.volume();
        write(v, 0, 400 * GRAIN, 7);
        SnapshotId id = rig.snapshot(v);
        rig.sealAll();
        long address = rig.address(v, GRAIN);
        rig.pool.deleteSnapshot(id);
        v.discard(0, 4 << 20);
        rig.checkpoint();
        VolumeDevice w = bigVolume(rig);
        for (long at = 0; at < 8 << 20; at += GRAIN) {
            write(w, at, GRAIN, 8);
            if (rig.address(w, at) == address) {
                return good(rig, w, at, 8);
            }
        }
        throw new AssertionError("the grain was not used again");
    }

    @Test
    void aFreedGrainIsCheckedNoMore() throws Exception {
        assertThat(goodAfterReuse(new SealRig.Driven())).isTrue();
        assertThat(
                        goodAfterReuse(
                                new SealRig.Driven() {
                                    @Override
                                    boolean freeClearsChecked() {
                                        return false;
                                    }
                                }))
                .isFalse();
    }
}
