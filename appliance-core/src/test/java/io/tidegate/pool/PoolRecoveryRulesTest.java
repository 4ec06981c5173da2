package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Which superblock a recovery may build on, and what must be durable before. */
@NullUnmarked
class PoolRecoveryRulesTest extends RuleScenes {

    // Sync first --------------------------------------------------------------------------------

    /** From the next operation of this kind on nothing works. */
    private void stopAt(String operation) {
        files.before =
                op -> {
                    if (op.equals(operation)) {
                        files.stopAfter(0);
                    }
                };
    }

    /**
     * A kill between the writing of a superblock and its sync; then a loss of power when recovery
     * has made its nodes durable, and is about to write a superblock of its own.
     *
     * @param checkpoints before, which decide where nodes lie
     */
    private String killThenPowerLossInRecovery(Quiet rules, int checkpoints) throws Exception {
        start(new Quiet());
        // Segments of nodes with gaps, so that the next nodes go where freed ones were.
        List<VolumeDevice> all = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            all.add(volume());
            write(all.get(i), 0, GRAIN, i);
        }
        pool.core().checkpointer.run(false);
        for (int i = 1; i < 30; i++) {
            all.get(i).discard(0, 4 << 20);
        }
        VolumeDevice v = all.get(0);
        for (int i = 0; i < checkpoints; i++) {
            write(v, 0, GRAIN, i);
            pool.core().checkpointer.run(false);
        }
        write(v, 0, GRAIN, 1);
        v.flush();
        stopAt("sync pool.super");
        assertThat(catchThrowable(() -> pool.core().checkpointer.run(false)))
                .isInstanceOf(IOException.class);
        BootToken token = token(boot);
        files = files.afterKill();
        token.make();
        stopAt("write pool.super");
        assertThat(catchThrowable(() -> reopen(files, boot, rules)))
                .isInstanceOf(StoreException.class);
        try {
            losePower(SimFiles.LOSE_ALL);
            return "read " + read(pool.openVolume(v.volume()), 0);
        } catch (StoreException e) {
            return String.valueOf(e.kind());
        }
    }

    private List<String> killsThenPowerLosses(boolean inForce) throws Exception {
        List<String> seen = new ArrayList<>();
        for (int checkpoints = 0; checkpoints < 4; checkpoints++) {
            seen.add(
                    killThenPowerLossInRecovery(
                            new Quiet() {
                                @Override
                                boolean recoverySyncsFirst() {
                                    return inForce;
                                }
                            },
                            checkpoints));
        }
        return seen;
    }

    @Test
    void recoveryBuildsOnlyOnWhatItHasMadeDurable() throws Exception {
        assertThat(killsThenPowerLosses(true)).containsOnly("read 1");
        assertThat(killsThenPowerLosses(false)).contains("DAMAGED");
    }

    // Falling back ------------------------------------------------------------------------------

    /** The newest superblock rots when the log before its checkpoint has been overwritten. */
    private String withARottenSuperblock(Quiet rules) throws Exception {
        start(new Quiet());
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        pool.core().checkpointer.run(false);
        v.discard(0, GRAIN);
        write(v, 0, GRAIN, 2);
        v.flush();
        // More than the part of the ring that barriers leave alone.
        Wal log = pool.core().wal;
        for (int i = 0;
                i < pool.core().checkpointer.current().walBytes() / 20 / WalBatch.ALIGN;
                i++) {
            log.barrier(log.queuedLsn());
        }
        pool.core().checkpointer.run(false);
        long newest = pool.core().checkpointer.current().generation();
        assertThat(
                        catchThrowable(
                                () -> {
                                    while (true) {
                                        log.barrier(log.queuedLsn());
                                    }
                                }))
                .hasMessageContaining("full");
        log.sync();
        SimFiles left = files.afterPowerLoss(SimFiles.LOSE_ALL);
        left.damage("pool.super", (newest & 1) * Superblocks.DISTANCE, 3);
        try {
            reopen(left, UUID.randomUUID(), rules);
            return "read " + read(pool.openVolume(v.volume()), 0);
        } catch (StoreException e) {
            return String.valueOf(e.kind());
        }
    }

    @Test
    void anOlderSuperblockIsNotUsedWhenTheLogNamesANewerOne() throws Exception {
        assertThat(withARottenSuperblock(new Quiet())).isEqualTo("DAMAGED");
        assertThat(
                        withARottenSuperblock(
                                new Quiet() {
                                    @Override
                                    boolean generationNamed() {
                                        return false;
                                    }

                                    // Another rule that would notice, by what the log lacks.
                                    @Override
                                    boolean gapsRefused() {
                                        return false;
                                    }
                                }))
                .isEqualTo("read 1");
    }

    // Pages before the superblock ---------------------------------------------------------------

    private String afterACheckpoint(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        v.flush();
        pool.core().checkpointer.run(false);
        try {
            losePower(SimFiles.LOSE_ALL);
            return "read " + read(pool.openVolume(v.volume()), 0);
        } catch (StoreException e) {
            return String.valueOf(e.kind());
        }
    }

    @Test
    void pagesAreDurableBeforeTheSuperblockThatLeadsToThem() throws Exception {
        assertThat(afterACheckpoint(new Quiet())).isEqualTo("read 1");
        assertThat(
                        afterACheckpoint(
                                new Quiet() {
                                    @Override
                                    boolean syncBeforeSuperblock() {
                                        return false;
                                    }
                                }))
                .isEqualTo("DAMAGED");
    }
}
