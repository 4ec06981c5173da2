package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidegate.block.DeviceException;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Rules of durability: barriers, answers, what a recovery believes, failed syncs, the lock. */
@NullUnmarked
class PoolDurabilityRulesTest extends RuleScenes {

    // Barrier rule 1: one at a time -------------------------------------------------------------

    /** Whether a flush was answered, and what a loss of power leaves of what it was to keep. */
    private record Kept(boolean answered, int value) {}

    private Kept flushBesideAFlush(Quiet rules) throws Exception {
        startAmongStrangers(rules);
        VolumeDevice a = volume();
        VolumeDevice b = volume();
        write(a, 0, GRAIN, 1);
        write(b, 0, GRAIN, 2);
        // It has taken the marks of the files, and b's bytes wait for it.
        Side first = heldAt(rules, "sync data", a::flush);
        Side second = new Side(b::flush);
        second.thread.start();
        second.settled();
        boolean answered = !second.thread.isAlive();
        SimFiles left = files.afterPowerLoss(SimFiles.LOSE_ALL);
        rules.release.countDown();
        first.join();
        second.join();
        reopen(left, UUID.randomUUID());
        return new Kept(answered, read(pool.openVolume(b.volume()), 0));
    }

    @Test
    void aFlushDoesNotRelyOnASyncThatStillRuns() throws Exception {
        assertThat(flushBesideAFlush(new Quiet())).isEqualTo(new Kept(false, 0));
        assertThat(
                        flushBesideAFlush(
                                new Quiet() {
                                    @Override
                                    boolean oneBarrierAtATime() {
                                        return false;
                                    }
                                }))
                .isEqualTo(new Kept(true, STRANGER));
    }

    // Barrier rule 2 ----------------------------------------------------------------------------

    private int afterAKill(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        reopen(files.afterKill(), boot);
        return read(pool.openVolume(v.volume()), 0);
    }

    @Test
    void aWriteIsAnsweredWhenItsRecordIsInTheLog() throws Exception {
        assertThat(afterAKill(new Quiet())).isEqualTo(1);
        assertThat(
                        afterAKill(
                                new Quiet() {
                                    @Override
                                    boolean answersWhenWritten() {
                                        return false;
                                    }
                                }))
                .isZero();
    }

    // Barrier rule 3 ----------------------------------------------------------------------------

    /** The kernel wrote the record before the data. */
    private int recordWithoutItsData(Quiet rules) throws Exception {
        startAmongStrangers(new Quiet());
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        pool.core().wal.sync();
        reopen(files.afterPowerLoss(SimFiles.LOSE_ALL), UUID.randomUUID(), rules);
        return read(pool.openVolume(v.volume()), 0);
    }

    @Test
    void theWholeLogIsBelievedOnlyWithTheTokenOfThisBoot() throws Exception {
        assertThat(recordWithoutItsData(new Quiet())).isZero();
        assertThat(
                        recordWithoutItsData(
                                new Quiet() {
                                    @Override
                                    boolean tokenNeeded() {
                                        return false;
                                    }
                                }))
                .isEqualTo(STRANGER);
    }

    // Barrier rule 4 ----------------------------------------------------------------------------

    /** What a volume reads, or why the pool does not open, after two losses of power. */
    private String afterATailWasDropped(Quiet rules) throws Exception {
        start(new Quiet());
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        v.flush();
        // Many batches that no barrier covers, and whose data is lost, but which stay in the log.
        for (int i = 0; i < 20; i++) {
            v.discard(0, GRAIN);
            write(v, 0, GRAIN, STRANGER);
        }
        pool.core().wal.sync();
        losePower(SimFiles.LOSE_ALL);
        VolumeDevice w = pool.openVolume(v.volume());
        assertThat(read(w, 0)).isEqualTo(1);
        write(w, GRAIN, GRAIN, 2);
        w.flush();
        SimFiles left = files.afterPowerLoss(SimFiles.LOSE_ALL);
        try {
            reopen(left, UUID.randomUUID(), rules);
        } catch (StoreException | IllegalStateException e) {
            return String.valueOf(e.getMessage());
        }
        VolumeDevice x = pool.openVolume(v.volume());
        return read(x, 0) + " " + read(x, GRAIN);
    }

    @Test
    void aDroppedTailOfTheLogNeverComesBack() throws Exception {
        assertThat(afterATailWasDropped(new Quiet())).isEqualTo("1 2");
        assertThat(
                        afterATailWasDropped(
                                new Quiet() {
                                    @Override
                                    boolean chainChecked() {
                                        return false;
                                    }
                                }))
                .isNotEqualTo("1 2");
    }

    // Barrier rule 6 ----------------------------------------------------------------------------

    private Kept flushAfterAFailedSync(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        v.flush();
        write(v, 0, GRAIN, 2);
        files.failSyncs = true;
        assertThat(catchThrowableOfType(DeviceException.class, v::flush)).isNotNull();
        files.failSyncs = false;
        boolean answered = catchThrowableOfType(DeviceException.class, v::flush) == null;
        losePower(SimFiles.KEEP_ALL);
        return new Kept(answered, read(pool.openVolume(v.volume()), 0));
    }

    @Test
    void aFailedSyncIsNotTriedAgain() throws Exception {
        assertThat(flushAfterAFailedSync(new Quiet())).isEqualTo(new Kept(false, 1));
        assertThat(
                        flushAfterAFailedSync(
                                new Quiet() {
                                    @Override
                                    boolean failedSyncIsFinal() {
                                        return false;
                                    }
                                }))
                .isEqualTo(new Kept(true, 1));
    }

    /** What is read after the operator has acknowledged a loss, and after the power is lost. */
    private record Twice(int first, int second) {}

    private Twice afterAnAcknowledgedLoss(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        v.flush();
        write(v, 0, GRAIN, 2);
        files.failSyncs = true;
        assertThat(catchThrowableOfType(DeviceException.class, v::flush)).isNotNull();
        files.failSyncs = false;
        pool.reopen(true);
        int first = read(v, 0);
        v.flush();
        losePower(SimFiles.KEEP_ALL);
        return new Twice(first, read(pool.openVolume(v.volume()), 0));
    }

    @Test
    void afterAFailedSyncTheCacheIsNotBelieved() throws Exception {
        assertThat(afterAnAcknowledgedLoss(new Quiet())).isEqualTo(new Twice(1, 1));
        assertThat(
                        afterAnAcknowledgedLoss(
                                new Quiet() {
                                    @Override
                                    boolean cacheDropped() {
                                        return false;
                                    }
                                }))
                .isEqualTo(new Twice(2, 1));
    }

    // Barrier rule 8 ----------------------------------------------------------------------------

    /** Whether what was flushed is there after a second opening was tried beside the first. */
    private boolean keptBesideASecondOpening(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        v.flush();
        try {
            Pool second = new Pool(new PoolFactory(files, rules, boot), options());
            write(second.openVolume(v.volume()), 0, GRAIN, 3);
        } catch (StoreException e) {
            assertThat(e.kind()).isEqualTo(StoreException.Kind.BUSY);
        }
        write(v, GRAIN, GRAIN, 2);
        v.flush();
        try {
            losePower(SimFiles.LOSE_ALL);
            return read(pool.openVolume(v.volume()), GRAIN) == 2;
        } catch (StoreException | IllegalStateException e) {
            return false;
        }
    }

    @Test
    void aPoolIsOpenOnce() throws Exception {
        assertThat(keptBesideASecondOpening(new Quiet())).isTrue();
        assertThat(
                        keptBesideASecondOpening(
                                new Quiet() {
                                    @Override
                                    boolean lockNeeded() {
                                        return false;
                                    }
                                }))
                .isFalse();
    }

    // A new data file ---------------------------------------------------------------------------

    private String readFromANewFile(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        long at = 0;
        for (; !files.names().contains("data-0002"); at += GRAIN) {
            write(v, at, GRAIN, 1);
        }
        v.flush();
        try {
            losePower(SimFiles.LOSE_ALL);
            return "read " + read(pool.openVolume(v.volume()), at - GRAIN);
        } catch (StoreException | DeviceException e) {
            return String.valueOf(e.getMessage());
        }
    }

    @Test
    void theNameOfANewFileIsDurableBeforeARecordLeadsIntoIt() throws Exception {
        assertThat(readFromANewFile(new Quiet())).isEqualTo("read 1");
        assertThat(
                        readFromANewFile(
                                new Quiet() {
                                    @Override
                                    boolean namesSynced() {
                                        return false;
                                    }
                                }))
                .contains("data-0001 is missing");
    }
}
