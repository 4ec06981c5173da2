package io.tidegate.pool;

import static io.tidegate.pool.SealRig.GRAIN;
import static io.tidegate.pool.SealRig.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidegate.block.DeviceException;
import io.tidegate.volume.ScrubControl;
import io.tidegate.volume.ScrubReport;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import io.tidegate.volume.VolumeId;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a scrub counts, finds and names, and how it lets itself be slowed and stopped. */
@NullUnmarked
class PoolScrubTest {

    @TempDir Path tokens;

    /** Notes what it is told. */
    private static class Control implements ScrubControl {
        final List<Long> done = new ArrayList<>();
        long total;
        long limit;
        int asked;
        int cancelAfter = Integer.MAX_VALUE;

        @Override
        public long bytesPerSecond() {
            return limit;
        }

        @Override
        public boolean cancelled() {
            return ++asked > cancelAfter;
        }

        @Override
        public void progress(long doneBytes, long totalBytes) {
            done.add(doneBytes);
            total = totalBytes;
        }
    }

    /** 100 grains that are sealed, and 20 that are not. */
    private VolumeDevice filled(SealRig rig) throws Exception {
        VolumeDevice v = rig.volume();
        write(v, 0, 100 * GRAIN, 1);
        rig.snapshot(v);
        rig.sealAll();
        write(v, 200 * GRAIN, 20 * GRAIN, 2);
        rig.checkpoint();
        return v;
    }

    @Test
    void countsWhatIsGoodAndWhatNothingVouchesFor() throws Exception {
        SealRig rig = new SealRig(tokens);
        VolumeDevice v = filled(rig);
        rig.damage(rig.address(v, 205 * GRAIN));
        Control control = new Control();
        ScrubReport report = rig.pool.scrub(control);
        assertThat(report.complete()).isTrue();
        assertThat(report.problems()).as("unchecked damage is not seen, nor called good").isEmpty();
        assertThat(report.goodBytes()).isEqualTo(100 * GRAIN);
        assertThat(report.uncheckedBytes()).isEqualTo(20 * GRAIN);
        assertThat(report.metadataPages()).isEqualTo(rig.pool.check().nodes());
        assertThat(control.done).isSorted().doesNotHaveDuplicates();
        assertThat(control.done.getLast()).isEqualTo(control.total);
        assertThat(control.total).isEqualTo(rig.pool.status().allocatedBytes());
    }

    @Test
    void namesWhoShowsADamagedGrain() throws Exception {
        SealRig rig = new SealRig(tokens);
        VolumeDevice v = rig.volume();
        write(v, 0, 64 * GRAIN, 1);
        SnapshotId first = rig.snapshot(v);
        write(v, 0, 8 * GRAIN, 2);
        SnapshotId second = rig.snapshot(v);
        VolumeId clone = VolumeId.random();
        rig.pool.cloneSnapshot(second, clone);
        rig.sealAll();
        long everywhere = rig.address(v, 20 * GRAIN);
        long later = rig.address(v, 3 * GRAIN);
        write(v, 3 * GRAIN, GRAIN, 3);
        rig.damage(everywhere);
        rig.damage(later);
        ScrubReport report = rig.pool.scrub(PoolHarness.NO_LIMIT);
        assertThat(report.complete()).isTrue();
        assertThat(report.goodBytes()).isEqualTo(70 * GRAIN);
        assertThat(report.uncheckedBytes()).isEqualTo(GRAIN);
        assertThat(report.problems()).hasSize(2);
        String all = problemAt(report, everywhere);
        assertThat(all)
                .contains("snapshot " + first + " at byte " + 20 * GRAIN)
                .contains("snapshot " + second + " at byte " + 20 * GRAIN)
                .contains("volume " + v.volume() + " at byte " + 20 * GRAIN)
                .contains("volume " + clone + " at byte " + 20 * GRAIN)
                .contains("data-000");
        assertThat(problemAt(report, later))
                .contains("snapshot " + second + " at byte " + 3 * GRAIN)
                .contains("volume " + clone + " at byte " + 3 * GRAIN)
                .doesNotContain("volume " + v.volume())
                .doesNotContain("snapshot " + first);
    }

    private static String problemAt(ScrubReport report, long address) {
        return report.problems().stream()
                .filter(p -> p.contains("page " + address + " "))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void saysWhenNothingShowsADamagedGrainAnyMore() throws Exception {
        SealRig rig = new SealRig(tokens);
        VolumeDevice v = rig.volume();
        write(v, 0, 8 * GRAIN, 1);
        SnapshotId id = rig.snapshot(v);
        rig.sealAll();
        long address = rig.address(v, GRAIN);
        write(v, GRAIN, GRAIN, 2);
        rig.pool.deleteSnapshot(id);
        rig.damage(address);
        // The walk of the deletion has not come to it yet.
        assertThat(problemAt(rig.pool.scrub(PoolHarness.NO_LIMIT), address))
                .contains("no volume or snapshot shows it");
        rig.checkpoint();
        assertThat(rig.pool.scrub(PoolHarness.NO_LIMIT).problems()).isEmpty();
    }

    @Test
    void findsDamagedMetadata() throws Exception {
        SealRig rig = new SealRig(tokens);
        filled(rig);
        PoolCore core = rig.pool.core();
        long page = core.seals.pages().get(0);
        rig.damage(page);
        ScrubReport report = rig.pool.scrub(PoolHarness.NO_LIMIT);
        assertThat(report.complete()).isTrue();
        assertThat(report.problems()).hasSize(1);
        assertThat(report.problems().get(0)).contains("metadata").contains("page " + page);
        assertThat(report.metadataPages()).isEqualTo(rig.pool.check().nodes());
    }

    @Test
    void aGrainThatCannotBeReadIsAProblemAndNotTheEnd() throws Exception {
        SealRig rig = new SealRig(tokens);
        VolumeDevice v = filled(rig);
        long address = rig.address(v, 7 * GRAIN);
        rig.files.unreadable = rig.pool.core().layout.offsetInFile(address) + 100;
        ScrubReport report = rig.pool.scrub(PoolHarness.NO_LIMIT);
        assertThat(problemAt(report, address))
                .contains("cannot be read")
                .contains("volume " + v.volume() + " at byte " + 7 * GRAIN);
        assertThat(report.goodBytes()).isEqualTo(99 * GRAIN);
        assertThat(report.complete()).isTrue();
    }

    @Test
    void endsAtTheNextPieceWhenCancelled() throws Exception {
        SealRig rig = new SealRig(tokens);
        filled(rig);
        Control control = new Control();
        control.cancelAfter = 3;
        ScrubReport report = rig.pool.scrub(control);
        assertThat(report.complete()).isFalse();
        assertThat(control.asked).isEqualTo(4);
        assertThat(report.goodBytes()).isLessThan(100 * GRAIN);
        control.asked = 0;
        control.cancelAfter = 0;
        ScrubReport none = rig.pool.scrub(control);
        assertThat(none.goodBytes() + none.uncheckedBytes() + none.metadataPages()).isZero();
    }

    @Test
    void restsAsTheLimitSays() throws Exception {
        SealRig rig = new SealRig(tokens);
        filled(rig);
        Control control = new Control();
        List<Long> rests = new ArrayList<>();
        ScrubReport free = new Scrub(rig.pool.core(), control, rests::add).run();
        assertThat(rests).isEmpty();
        // The rests are not slept here, so each piece's share is asked for on top of the last.
        control.limit = 100_000;
        ScrubReport slowed = new Scrub(rig.pool.core(), control, rests::add).run();
        assertThat(slowed).isEqualTo(free);
        long read = free.goodBytes() + free.metadataPages() * Layout.PAGE_BYTES;
        long least = (long) (read * 1e9 / control.limit);
        assertThat(rests.stream().mapToLong(Long::longValue).sum()).isGreaterThan(least / 2);
        assertThat(rests).allMatch(nanos -> nanos > 0 && nanos <= 100_000_000);
        // A cancel ends a rest, too.
        rests.clear();
        control.limit = 1;
        control.asked = 0;
        control.cancelAfter = 200;
        assertThat(new Scrub(rig.pool.core(), control, rests::add).run().complete()).isFalse();
        assertThat(control.asked).isLessThan(210);
    }

    @Test
    void worksOnAPoolThatIsOpenForReadingOnly() throws Exception {
        SealRig rig = new SealRig(tokens);
        VolumeDevice v = filled(rig);
        rig.files.failSyncs = true;
        write(v, 300 * GRAIN, GRAIN, 4);
        assertThat(catchThrowableOfType(DeviceException.class, v::flush)).isNotNull();
        rig.files.failSyncs = false;
        assertThat(rig.pool.status().readOnlyReason()).isPresent();
        ScrubReport report = rig.pool.scrub(PoolHarness.NO_LIMIT);
        assertThat(report.problems()).isEmpty();
        assertThat(report.goodBytes()).isEqualTo(100 * GRAIN);
        rig.pool.reopen(false);
        assertThat(rig.pool.status().readOnlyReason()).isPresent();
        assertThat(rig.pool.scrub(PoolHarness.NO_LIMIT).problems()).isEmpty();
    }

    @Test
    void pagesThatACheckpointIsAboutToWriteAreNoDamage() throws Exception {
        SealRig rig = new SealRig(tokens);
        VolumeDevice v = filled(rig);
        // Pages are used anew where others stood: what is there before the write means nothing.
        for (int i = 0; i < 20; i++) {
            write(v, (long) i * 40 * GRAIN, GRAIN, i);
            rig.snapshot(v);
            rig.checkpoint();
        }
        for (SnapshotId id : rig.pool.snapshots(v.volume())) {
            rig.pool.deleteSnapshot(id);
        }
        rig.checkpoint();
        rig.checkpoint();
        write(v, 0, 4 << 20, 9);
        AtomicReference<ScrubReport> seen = new AtomicReference<>();
        rig.files.before =
                op -> {
                    if (op.startsWith("write data")) {
                        rig.files.before = other -> {};
                        seen.set(scrub(rig));
                    }
                };
        rig.pool.core().checkpointer.run(false);
        assertThat(seen.get().problems()).isEmpty();
        assertThat(seen.get().metadataPages()).isLessThan(rig.pool.check().nodes());
        assertThat(rig.pool.scrub(PoolHarness.NO_LIMIT).metadataPages())
                .isEqualTo(rig.pool.check().nodes());
    }

    private static ScrubReport scrub(SealRig rig) {
        try {
            return rig.pool.scrub(PoolHarness.NO_LIMIT);
        } catch (StoreException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void endsWithAReasonWhenThePoolIsClosed() throws Exception {
        SealRig rig = new SealRig(tokens);
        filled(rig);
        Control control =
                new Control() {
                    @Override
                    public boolean cancelled() {
                        if (++asked == 2) {
                            close(rig);
                        }
                        return false;
                    }
                };
        StoreException e =
                catchThrowableOfType(StoreException.class, () -> rig.pool.scrub(control));
        assertThat(e.kind()).isEqualTo(StoreException.Kind.IO);
        assertThat(e).hasMessageContaining("closed");
    }

    private static void close(SealRig rig) {
        try {
            rig.pool.close();
        } catch (StoreException e) {
            throw new AssertionError(e);
        }
    }
}
