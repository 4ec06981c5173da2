package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.block.ExtentSharing;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/**
 * Rule W5: what a record does to lists, counts and the space map happens in the order of the log
 * and before any cut, so that a replay repeats it to the entry. And barrier rule 5: a record counts
 * by its place in the log alone, not by the bytes that it points to.
 */
@NullUnmarked
class PoolEffectRulesTest extends RuleScenes {

    /** Each command does its own record's effect, when it comes to that. */
    private static class ByTheCommand extends Quiet {
        private final Predicate<WalRecord> which;
        private final List<Runnable> owed = new ArrayList<>();
        boolean armed;

        ByTheCommand(Predicate<WalRecord> which) {
            this.which = which;
        }

        @Override
        Wal.Effect effects(Wal.Effect inOrder) {
            return (lsn, record, replaced) -> {
                if (armed && which.test(record)) {
                    owed.add(() -> inOrder.apply(lsn, record, replaced));
                } else {
                    inOrder.apply(lsn, record, replaced);
                }
            };
        }

        void late() {
            armed = false;
            owed.forEach(Runnable::run);
            owed.clear();
        }
    }

    /** None is late. */
    private static ByTheCommand inOrder() {
        return new ByTheCommand(r -> false);
    }

    // To the entry ------------------------------------------------------------------------------

    /** The grains on all dead-lists, by volume and place of the list. */
    private List<String> entries() throws IOException {
        List<String> all = new ArrayList<>();
        for (Volume v : pool.core().state.bySerial.values()) {
            for (int i = 0; i <= v.snapshots.size(); i++) {
                DeadList list = i < v.snapshots.size() ? v.snapshots.get(i).list : v.headList;
                for (long k = 0; k < list.size(); k++) {
                    long e = list.entry(k);
                    if (Slot.kind(e) == Slot.GRAIN) {
                        all.add(v.serial + " list " + i + ": " + Slot.address(e));
                    }
                }
            }
        }
        return all.stream().sorted().toList();
    }

    /** What the lists hold in the run, then after a kill and a replay of the same log. */
    private List<List<String>> inRunAndReplay(ByTheCommand rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        write(v, 0, 3 * GRAIN, 1);
        pool.snapshot(Map.of(v.volume(), SnapshotId.random()));
        write(v, GRAIN, GRAIN, 2);
        v.discard(2 * GRAIN, GRAIN);
        write(v, 3 * GRAIN, GRAIN, 3);
        rules.armed = true;
        // Nobody's any more, since no snapshot has seen it.
        v.discard(3 * GRAIN, GRAIN);
        pool.snapshot(Map.of(v.volume(), SnapshotId.random()));
        rules.late();
        List<String> run = entries();
        reopen(files.afterKill(), boot);
        return List.of(run, entries());
    }

    @Test
    void aReplayRepeatsWhatTheRunDidToTheEntry() throws Exception {
        List<List<String>> good = inRunAndReplay(inOrder());
        assertThat(good.get(0)).hasSize(2).isEqualTo(good.get(1));
        List<List<String>> bad =
                inRunAndReplay(new ByTheCommand(r -> r instanceof WalRecord.Discard));
        assertThat(bad.get(0)).hasSize(3).isNotEqualTo(bad.get(1));
        assertThat(bad.get(1)).hasSize(2);
    }

    // Before a cut ------------------------------------------------------------------------------

    /** What a check says after a replay from a checkpoint behind these records. */
    private String afterACheckpoint(ByTheCommand rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        VolumeDevice copy = volume();
        write(v, 0, 2 * GRAIN, 1);
        pool.snapshot(Map.of(v.volume(), SnapshotId.random()));
        write(v, 2 * GRAIN, GRAIN, 2);
        assertThat(((ExtentSharing) copy).share(v, 2 * GRAIN, 0, GRAIN)).isEqualTo(GRAIN);
        rules.armed = true;
        write(v, 3 * GRAIN, GRAIN, 3);
        v.discard(GRAIN, GRAIN);
        copy.discard(0, GRAIN);
        assertThat(pool.core().checkpointer.run(false)).isTrue();
        rules.late();
        reopen(files.afterKill(), boot);
        assertThat(read(pool.openVolume(v.volume()), 3 * GRAIN)).isEqualTo(3);
        return String.join("; ", pool.check().problems());
    }

    private static boolean discardOf(WalRecord record, long grain) {
        return record instanceof WalRecord.Discard d && d.grain() == grain;
    }

    @Test
    void aCheckpointHasTheEffectsOfAllRecordsBeforeIt() throws Exception {
        assertThat(afterACheckpoint(inOrder())).isEmpty();
        assertThat(afterACheckpoint(new ByTheCommand(r -> r instanceof WalRecord.MapRun)))
                .as("the space map")
                .contains("has an owner, but is free");
        assertThat(afterACheckpoint(new ByTheCommand(r -> discardOf(r, 1))))
                .as("a list")
                .contains("but nobody owns it");
        assertThat(afterACheckpoint(new ByTheCommand(r -> discardOf(r, 0))))
                .as("a count of owners")
                .contains("owners");
    }

    // Barrier rule 5 ----------------------------------------------------------------------------

    /**
     * The variant with one sync: data and record are written, then synced together, and a replay
     * takes a record only if the bytes that it points to have the checksum that they had then.
     */
    private final class OneSync extends Quiet {
        private final Map<Long, Integer> sums = new HashMap<>();

        @Override
        Wal.Effect effects(Wal.Effect inOrder) {
            return (lsn, record, replaced) -> {
                if (record instanceof WalRecord.MapRun m) {
                    if (replaced != null) {
                        sums.put(lsn, sum(m.address()));
                    } else if (sums.get(lsn) != sum(m.address())) {
                        return;
                    }
                }
                inOrder.apply(lsn, record, replaced);
            };
        }

        private int sum(long address) {
            Layout layout = Layout.of(SMALL);
            byte[] file = files.content(DataFiles.name(layout.fileOf(address)));
            int at = (int) layout.offsetInFile(address);
            return Resealed.crc(ByteBuffer.wrap(file, at, GRAIN).slice());
        }
    }

    private String overwrittenInPlaceAndFlushed(Quiet rules) throws Exception {
        start(rules);
        VolumeDevice v = volume();
        write(v, 0, GRAIN, 1);
        write(v, GRAIN, GRAIN, 5);
        v.flush();
        write(v, 0, GRAIN, 2);
        v.flush();
        reopen(files.afterPowerLoss(SimFiles.LOSE_ALL), UUID.randomUUID(), rules);
        VolumeDevice left = pool.openVolume(v.volume());
        return read(left, 0) + " " + read(left, GRAIN);
    }

    @Test
    void aRecordCountsWhateverItsGrainHoldsByNow() throws Exception {
        assertThat(overwrittenInPlaceAndFlushed(new Quiet())).isEqualTo("2 5");
        assertThat(overwrittenInPlaceAndFlushed(new OneSync())).isEqualTo("0 5");
    }
}
