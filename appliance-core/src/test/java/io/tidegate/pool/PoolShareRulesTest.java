package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.block.ExtentSharing;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Rules about grains with more than one owner: W3b, W7, the source's side of W2. */
@NullUnmarked
class PoolShareRulesTest extends RuleScenes {

    private static void share(BlockDevice from, BlockDevice to) throws DeviceException {
        assertThat(((ExtentSharing) to).share(from, 0, 0, GRAIN)).isEqualTo(GRAIN);
    }

    // W3b ---------------------------------------------------------------------------------------

    private int copyAfterItsSourceWasOverwritten(Quiet rules, boolean powerLoss) throws Exception {
        start(rules);
        VolumeDevice source = volume();
        VolumeDevice copy = volume();
        write(source, 0, GRAIN, 7);
        share(source, copy);
        copy.flush();
        write(source, 0, GRAIN, 9);
        if (!powerLoss) {
            assertThat(read(source, 0)).isEqualTo(9);
            return read(copy, 0);
        }
        losePower(SimFiles.KEEP_ALL);
        assertThat(read(pool.openVolume(source.volume()), 0)).isIn(7, 9);
        return read(pool.openVolume(copy.volume()), 0);
    }

    private static Quiet overwritingSharedGrains() {
        return new Quiet() {
            @Override
            boolean sharedGrainsAreKept() {
                return false;
            }
        };
    }

    @Test
    void aSharedGrainIsNotOverwrittenInPlace() throws Exception {
        assertThat(copyAfterItsSourceWasOverwritten(new Quiet(), false)).isEqualTo(7);
        assertThat(copyAfterItsSourceWasOverwritten(overwritingSharedGrains(), false)).isEqualTo(9);
        assertThat(copyAfterItsSourceWasOverwritten(new Quiet(), true)).isEqualTo(7);
        assertThat(copyAfterItsSourceWasOverwritten(overwritingSharedGrains(), true)).isEqualTo(9);
    }

    // W7 ----------------------------------------------------------------------------------------

    private static Quiet decrementingAtOnce() {
        return new Quiet() {
            @Override
            boolean decrementAtOnce() {
                return true;
            }
        };
    }

    private int readerOfTheSideThatWasDropped(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice source = volume();
        VolumeDevice copy = volume();
        write(source, 0, GRAIN, 7);
        share(source, copy);
        source.flush();
        int[] seen = new int[1];
        Side reader = heldAt(rules, "read data", () -> seen[0] = read(source, 0));
        source.discard(0, GRAIN);
        source.flush();
        write(copy, 0, GRAIN, STRANGER);
        rules.release.countDown();
        reader.join();
        assertThat(read(copy, 0)).isEqualTo(STRANGER);
        return seen[0];
    }

    private int sideThatWasDroppedAndCameBack(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice source = volume();
        VolumeDevice copy = volume();
        write(source, 0, GRAIN, 7);
        share(source, copy);
        source.flush();
        source.discard(0, GRAIN);
        write(copy, 0, GRAIN, STRANGER);
        losePower(SimFiles.KEEP_ALL);
        return read(pool.openVolume(source.volume()), 0);
    }

    @Test
    void theLossOfAnOwnerCountsWhenItIsRetired() throws Exception {
        assertThat(readerOfTheSideThatWasDropped(new Quiet())).isEqualTo(7);
        assertThat(readerOfTheSideThatWasDropped(decrementingAtOnce())).isEqualTo(STRANGER);
        assertThat(sideThatWasDroppedAndCameBack(new Quiet())).isEqualTo(7);
        assertThat(sideThatWasDroppedAndCameBack(decrementingAtOnce())).isEqualTo(STRANGER);
    }

    /**
     * What a copy shows whose source is overwritten when the copy's slot points to the grain.
     *
     * @param countedFirst whether the new owner is counted before its slot is copied
     */
    private int copyBesideAnOverwrite(boolean countedFirst) throws Exception {
        long[] grain = new long[1];
        Quiet rules =
                new Quiet() {
                    // The lock would keep the writer out, whatever is counted.
                    @Override
                    boolean sourceRangeLock() {
                        return false;
                    }

                    @Override
                    void published() {
                        if (Thread.currentThread() == heldThread) {
                            ShareTable shares = pool.core().shares;
                            if (!countedFirst) {
                                shares.unshare(grain[0], 1);
                            }
                            hold();
                            if (!countedFirst) {
                                shares.share(grain[0], 1);
                            }
                        }
                    }
                };
        start(rules);
        VolumeDevice source = volume();
        VolumeDevice copy = volume();
        write(source, 0, GRAIN, 7);
        grain[0] = address(source, 0);
        Side sharer = new Side(() -> share(source, copy));
        rules.heldThread = sharer.thread;
        sharer.thread.start();
        await(rules.reached);
        write(source, 0, GRAIN, 9);
        rules.release.countDown();
        sharer.join();
        assertThat(read(source, 0)).isEqualTo(9);
        return read(copy, 0);
    }

    @Test
    void aNewOwnerIsCountedBeforeItsSlotIsCopied() throws Exception {
        assertThat(copyBesideAnOverwrite(true)).isEqualTo(7);
        assertThat(copyBesideAnOverwrite(false)).isEqualTo(9);
    }

    /** Whether the copy is overwritten in place again once its source's loss is covered. */
    @Test
    void theLastOwnerWritesInPlaceAgain() throws Exception {
        start(new Quiet());
        VolumeDevice source = volume();
        VolumeDevice copy = volume();
        write(source, 0, GRAIN, 7);
        share(source, copy);
        source.discard(0, GRAIN);
        source.flush();
        long before = pool.core().wal.queuedLsn();
        write(copy, 0, GRAIN, 8);
        assertThat(pool.core().wal.queuedLsn()).isEqualTo(before);
        assertThat(read(copy, 0)).isEqualTo(8);
    }

    // W2, the source's side ---------------------------------------------------------------------

    private boolean shareBesideAWriterInPlace(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice source = volume();
        VolumeDevice copy = volume();
        write(source, 0, GRAIN, 1);
        Side writer = heldAt(rules, "write data", () -> write(source, 0, GRAIN, 2));
        Side sharer = new Side(() -> share(source, copy));
        sharer.thread.start();
        sharer.settled();
        boolean answered = !sharer.thread.isAlive();
        int before = answered ? read(copy, 0) : 2;
        rules.release.countDown();
        writer.join();
        sharer.join();
        assertThat(answered).isEqualTo(!rules.sourceRangeLock());
        return read(copy, 0) == before;
    }

    @Test
    void aShareWaitsForWritersOfItsSource() throws Exception {
        assertThat(shareBesideAWriterInPlace(new Quiet())).isTrue();
        assertThat(
                        shareBesideAWriterInPlace(
                                new Quiet() {
                                    @Override
                                    boolean sourceRangeLock() {
                                        return false;
                                    }
                                }))
                .isFalse();
    }

    // The last owner ----------------------------------------------------------------------------

    /** What the recovery says when the last owner of a grain went after a walk took the other. */
    private String replayAfterAWalkAndTheLastOwner(Quiet rules) throws Exception {
        start(rules, SMALL.withWalBytes(256 << 10), options());
        VolumeDevice source = volume();
        VolumeDevice copy = volume();
        VolumeDevice stranger = volume();
        write(source, 0, GRAIN, 7);
        share(source, copy);
        long end = fill(stranger);
        source.close();
        assertThat(pool.core().checkpointer.run(false)).isTrue();
        pool.deleteVolume(source.volume());
        walk();
        copy.discard(0, GRAIN);
        copy.flush();
        write(stranger, end, GRAIN, 1);
        stranger.flush();
        try {
            losePower(SimFiles.KEEP_ALL);
        } catch (StoreException e) {
            assertThat(e.kind()).isEqualTo(StoreException.Kind.DAMAGED);
            return String.valueOf(e.getMessage());
        }
        assertThat(read(pool.openVolume(stranger.volume()), end)).isEqualTo(1);
        return String.join("; ", pool.check().problems());
    }

    @Test
    void theLastOwnerOfWhatWasSharedGivesItBackAtACheckpoint() throws Exception {
        assertThat(replayAfterAWalkAndTheLastOwner(new Quiet())).isEmpty();
        assertThat(
                        replayAfterAWalkAndTheLastOwner(
                                new Quiet() {
                                    @Override
                                    boolean lastOwnerFreesAtBarrier() {
                                        return true;
                                    }
                                }))
                .contains("in use already");
    }
}
