package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidegate.block.AtomicUpdatable;
import io.tidegate.block.DeviceException;
import io.tidegate.block.ExtentSharing;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Barrier rules 1 to 3 in their parts: marks, which sync answers whom, writes in place, tokens. */
@NullUnmarked
class PoolBarrierRulesTest extends RuleScenes {

    // Rule 1: marks -----------------------------------------------------------------------------

    /** A flush of another volume comes between a write's start and its bytes. */
    private int flushedWhileAnotherFlushTookTheMarks(Quiet rules) throws Exception {
        startAmongStrangers(rules);
        VolumeDevice a = volume();
        VolumeDevice b = volume();
        write(a, 0, GRAIN, 1);
        Side writer = heldAt(rules, "write data", () -> write(b, 0, GRAIN, 2));
        a.flush();
        rules.release.countDown();
        writer.join();
        b.flush();
        losePower(SimFiles.LOSE_ALL);
        return read(pool.openVolume(b.volume()), 0);
    }

    @Test
    void aFileIsMarkedWhenTheBytesAreThere() throws Exception {
        assertThat(flushedWhileAnotherFlushTookTheMarks(new HeldAtItsBytes())).isEqualTo(2);
        assertThat(
                        flushedWhileAnotherFlushTookTheMarks(
                                new HeldAtItsBytes() {
                                    @Override
                                    boolean marksAfterWrite() {
                                        return false;
                                    }
                                }))
                .isEqualTo(STRANGER);
    }

    // Rule 1: all files -------------------------------------------------------------------------

    private int inAnotherFileThanTheFlushed(boolean allFiles) throws Exception {
        boolean[] one = new boolean[1];
        startAmongStrangers(
                new Quiet() {
                    @Override
                    boolean barrierSyncsAllFiles() {
                        return !one[0];
                    }
                });
        VolumeDevice a = volume();
        VolumeDevice b = volume();
        Layout layout = pool.core().layout;
        write(a, 0, GRAIN, 1);
        long at = 0;
        do {
            at += GRAIN;
            b.flush();
            write(b, at, GRAIN, 2);
        } while (layout.fileOf(address(b, at)) == layout.fileOf(address(a, 0)));
        write(a, GRAIN, GRAIN, 1);
        one[0] = !allFiles;
        // Covers the record of b's write as well.
        a.flush();
        losePower(SimFiles.LOSE_ALL);
        return read(pool.openVolume(b.volume()), at);
    }

    @Test
    void aBarrierSyncsTheFilesOfAllThatItCovers() throws Exception {
        assertThat(inAnotherFileThanTheFlushed(true)).isEqualTo(2);
        assertThat(inAnotherFileThanTheFlushed(false)).isEqualTo(STRANGER);
    }

    // Rule 1: which sync answers ----------------------------------------------------------------

    private int writtenAndFlushedWhileASyncRuns(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice a = volume();
        VolumeDevice b = volume();
        write(a, 0, GRAIN, 1);
        Side first = heldAt(rules, "sync data", a::flush);
        write(b, 0, GRAIN, 2);
        Side second = new Side(b::flush);
        second.thread.start();
        second.settled();
        rules.release.countDown();
        first.join();
        second.join();
        losePower(SimFiles.LOSE_ALL);
        return read(pool.openVolume(b.volume()), 0);
    }

    @Test
    void aFlushIsAnsweredByASyncThatBeganAfterIt() throws Exception {
        assertThat(writtenAndFlushedWhileASyncRuns(new Quiet())).isEqualTo(2);
        assertThat(
                        writtenAndFlushedWhileASyncRuns(
                                new Quiet() {
                                    @Override
                                    boolean runningSyncAnswers() {
                                        return true;
                                    }
                                }))
                .isZero();
    }

    // Rule 1: beside a checkpoint ---------------------------------------------------------------

    /** Whether a flush was answered, and what a loss of power leaves of what it was to keep. */
    private Kept flushBesideACheckpoint(Quiet rules) throws Exception {
        startAmongStrangers(rules);
        VolumeDevice v = volume();
        String lastFile = DataFiles.name(pool.core().layout.files() - 1);
        assertThat(files.names()).contains(lastFile);
        Side checkpoint = new Side(() -> pool.core().checkpointer.run(false));
        rules.heldThread = checkpoint.thread;
        boolean[] written = new boolean[1];
        files.before =
                op -> {
                    if (Thread.currentThread() != rules.heldThread || !op.startsWith("sync data")) {
                        return;
                    }
                    if (!pool.core().files.anyMarked()) {
                        // It has taken the marks, that of the volume's bytes too.
                        rules.hold();
                    } else if (op.endsWith(lastFile) && !written[0]) {
                        // Into a file that it has synced already, and has to sync again.
                        written[0] = true;
                        unchecked(() -> write(v, 0, GRAIN, 2));
                    }
                };
        checkpoint.thread.start();
        await(rules.reached);
        assertThat(DataFiles.name(pool.core().layout.fileOf(address(v, 0)))).isNotEqualTo(lastFile);
        Side flush = new Side(v::flush);
        flush.thread.start();
        flush.settled();
        boolean answered = !flush.thread.isAlive();
        SimFiles left = files.afterPowerLoss(SimFiles.LOSE_ALL);
        rules.release.countDown();
        checkpoint.join();
        flush.join();
        reopen(left, UUID.randomUUID());
        return new Kept(answered, read(pool.openVolume(v.volume()), 0));
    }

    private static void unchecked(Body body) {
        try {
            body.run();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aFlushDoesNotRelyOnTheSyncOfACheckpoint() throws Exception {
        assertThat(flushBesideACheckpoint(new HeldAtItsBytes())).isEqualTo(new Kept(false, 0));
        assertThat(
                        flushBesideACheckpoint(
                                new HeldAtItsBytes() {
                                    @Override
                                    boolean oneBarrierAtATime() {
                                        return false;
                                    }
                                }))
                .isEqualTo(new Kept(true, STRANGER));
    }

    // Rule 1: what is synced --------------------------------------------------------------------

    private List<String> syncsOf(Body body) throws Exception {
        List<String> syncs = new ArrayList<>();
        files.before =
                op -> {
                    if (op.startsWith("sync")) {
                        syncs.add(op);
                    }
                };
        body.run();
        files.before = op -> {};
        return syncs;
    }

    @Test
    void aFlushSyncsTheLogOnlyForRecordsThatNothingCovers() throws Exception {
        start(new Quiet());
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        assertThat(syncsOf(v::flush)).containsExactly("sync data-0000", "sync pool.wal");
        assertThat(syncsOf(v::flush)).isEmpty();
        write(v, 0, GRAIN, 2);
        assertThat(syncsOf(v::flush)).containsExactly("sync data-0000");
        v.discard(0, GRAIN);
        assertThat(syncsOf(v::flush)).containsExactly("sync pool.wal");
    }

    // Rule 2 ------------------------------------------------------------------------------------

    private interface Change {
        void on(VolumeDevice v) throws Exception;
    }

    /** What a kill leaves of a change that was answered. */
    private int killedAfter(Quiet rules, Change change) throws Exception {
        boolean[] armed = new boolean[1];
        start(
                new Quiet() {
                    @Override
                    boolean answersWhenWritten() {
                        return !armed[0] || rules.answersWhenWritten();
                    }
                });
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        pool.snapshot(Map.of(v.volume(), SnapshotId.random()));
        armed[0] = true;
        change.on(v);
        reopen(files.afterKill(), boot);
        return read(pool.openVolume(v.volume()), 0);
    }

    @Test
    void everyKindOfChangeIsAnsweredWhenItsRecordIsInTheLog() throws Exception {
        Quiet careless =
                new Quiet() {
                    @Override
                    boolean answersWhenWritten() {
                        return false;
                    }
                };
        Change discard = v -> v.discard(0, GRAIN);
        Change update =
                v ->
                        ((AtomicUpdatable) v)
                                .update(
                                        0,
                                        512,
                                        now -> {
                                            now.order(ByteOrder.LITTLE_ENDIAN).putInt(0, 2);
                                            return true;
                                        });
        Change share =
                v -> {
                    VolumeDevice source = volume();
                    write(source, GRAIN, GRAIN, 3);
                    assertThat(((ExtentSharing) v).share(source, GRAIN, 0, GRAIN)).isEqualTo(GRAIN);
                };
        assertThat(killedAfter(new Quiet(), discard)).isZero();
        assertThat(killedAfter(careless, discard)).isEqualTo(1);
        assertThat(killedAfter(new Quiet(), update)).isEqualTo(2);
        assertThat(killedAfter(careless, update)).isEqualTo(1);
        assertThat(killedAfter(new Quiet(), share)).isEqualTo(3);
        assertThat(killedAfter(careless, share)).isEqualTo(1);
    }

    /** Whether a change was answered, and what is left of it. */
    private record Kept(boolean answered, int value) {}

    /** Overwrites a grain in place whose record another thread is about to write. */
    private Kept inPlaceBeforeTheRecordIsWritten(boolean waits) throws Exception {
        Thread[] inPlace = new Thread[1];
        Quiet rules =
                new HeldAtItsBytes() {
                    @Override
                    boolean answersWhenWritten() {
                        return waits || Thread.currentThread() != inPlace[0];
                    }
                };
        start(rules);
        VolumeDevice v = volume();
        Side first = heldAt(rules, "write " + Recovery.WAL, () -> write(v, 0, GRAIN, 1));
        Side second = new Side(() -> write(v, 0, GRAIN, 2));
        inPlace[0] = second.thread;
        second.thread.start();
        second.settled();
        boolean answered = !second.thread.isAlive();
        SimFiles left = files.afterKill();
        rules.release.countDown();
        first.join();
        second.join();
        assertThat(read(v, 0)).isEqualTo(2);
        reopen(left, boot);
        return new Kept(answered, read(pool.openVolume(v.volume()), 0));
    }

    @Test
    void aWriteInPlaceIsAnsweredWhenTheRecordOfItsGrainIsWritten() throws Exception {
        assertThat(inPlaceBeforeTheRecordIsWritten(true)).isEqualTo(new Kept(false, 0));
        assertThat(inPlaceBeforeTheRecordIsWritten(false)).isEqualTo(new Kept(true, 0));
    }

    // Rule 3: when a token goes -----------------------------------------------------------------

    /** What is read after a failed sync, a kill and a restart, and after a loss of power then. */
    private record Twice(int first, int second) {}

    private Twice killedAfterAFailedSync(boolean tokenStays) throws Exception {
        start(new Quiet());
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        v.flush();
        write(v, GRAIN, GRAIN, 2);
        files.failSyncs = true;
        assertThat(catchThrowableOfType(DeviceException.class, v::flush)).isNotNull();
        files.failSyncs = false;
        if (tokenStays) {
            token(boot).make();
        }
        reopen(files.afterKill(), boot);
        assertThat(pool.status().readOnlyReason().isPresent()).isEqualTo(!tokenStays);
        pool.reopen(true);
        VolumeDevice left = pool.openVolume(v.volume());
        int first = read(left, GRAIN);
        left.flush();
        losePower(SimFiles.KEEP_ALL);
        VolumeDevice after = pool.openVolume(v.volume());
        assertThat(read(after, 0)).isEqualTo(1);
        return new Twice(first, read(after, GRAIN));
    }

    @Test
    void theTokenIsGoneBeforeAFailedSyncIsKnown() throws Exception {
        assertThat(killedAfterAFailedSync(false)).isEqualTo(new Twice(0, 0));
        Twice trusted = killedAfterAFailedSync(true);
        assertThat(trusted.first()).as("trusted, and flushed").isEqualTo(2);
        assertThat(trusted.second()).as("not on the medium").isNotEqualTo(2);
    }

    // Rule 3: when a token comes ----------------------------------------------------------------

    /** After a loss of power, a recovery that is killed before its superblock, and another. */
    private int recoveredTwice(boolean tokenAtOnce) throws Exception {
        startAmongStrangers(new Quiet());
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        pool.core().wal.sync();
        files = files.afterPowerLoss(SimFiles.LOSE_ALL);
        UUID next = UUID.randomUUID();
        BootToken token = token(next);
        files.before =
                op -> {
                    if (op.equals("write " + Superblocks.FILE)) {
                        files.stopAfter(0);
                    }
                };
        assertThat(catchThrowable(() -> reopen(files, next))).isInstanceOf(StoreException.class);
        assertThat(token.present()).isFalse();
        if (tokenAtOnce) {
            token.make();
        }
        reopen(files.afterKill(), next);
        return read(pool.openVolume(v.volume()), 0);
    }

    @Test
    void aTokenIsMadeWhenTheRecoveredStateIsDurable() throws Exception {
        assertThat(recoveredTwice(false)).isZero();
        assertThat(recoveredTwice(true)).isEqualTo(STRANGER);
    }
}
