package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.volume.VolumeDevice;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Barrier rule 4: a replay ends before the first batch that is not of this log, or does not follow
 * the one before. Each reason is tried alone, with all else right.
 */
@NullUnmarked
class WalScanTest extends RuleScenes {

    private static final int AT = 3;

    private byte[] wal;
    private List<Integer> batches;
    private Superblock superblock;

    @BeforeEach
    void aLogOfSomeBatches() throws Exception {
        start(new Quiet());
        VolumeDevice v = volume();
        for (int i = 0; i < 4; i++) {
            write(v, (long) i * GRAIN, GRAIN, i);
        }
        v.flush();
        superblock = pool.core().checkpointer.current();
        wal = files.content(Recovery.WAL);
        batches = Resealed.batches(wal, files.content(Superblocks.FILE));
        assertThat(batches).hasSizeGreaterThan(AT + 2);
    }

    private interface Change {
        void of(ByteBuffer log, int batch);
    }

    /** How many batches a scan hands over. */
    private int found() throws Exception {
        files.replace(Recovery.WAL, wal);
        int[] n = new int[1];
        new WalScan(files.open(Recovery.WAL), superblock, new Quiet()).each(batch -> n[0]++);
        return n[0];
    }

    /** The batch has a right checksum, and those behind it are chained to it. */
    private void endsAt(Change change) throws Exception {
        change.of(Resealed.little(wal), batches.get(AT));
        Resealed.log(wal, batches, AT);
        assertThat(found()).isEqualTo(AT);
    }

    @Test
    void withoutAReasonItGoesToTheEnd() throws Exception {
        assertThat(found()).isEqualTo(batches.size());
        Resealed.log(wal, batches, AT);
        assertThat(found()).isEqualTo(batches.size());
    }

    @Test
    void aBatchThatIsTorn() throws Exception {
        // Only the checksum of the batch itself tells; those behind name the one that it had.
        wal[batches.get(AT) + WalBatch.HEADER_BYTES + 8] ^= 1;
        assertThat(found()).isEqualTo(AT);
    }

    @Test
    void aBatchThatSkipsAnLsn() throws Exception {
        endsAt((log, at) -> log.putLong(at + 8, log.getLong(at + 8) + 1));
    }

    @Test
    void aBatchThatFollowsAnother() throws Exception {
        endsAt((log, at) -> log.putInt(at + 72, log.getInt(at + 72) ^ 1));
    }

    @Test
    void aBatchOfAnotherOpening() throws Exception {
        endsAt((log, at) -> log.putLong(at + 56, log.getLong(at + 56) - 1));
    }

    @Test
    void aBatchOfAnotherPool() throws Exception {
        endsAt((log, at) -> log.putLong(at + 64, log.getLong(at + 64) ^ 1));
    }

    @Test
    void whatIsNoBatch() throws Exception {
        endsAt((log, at) -> log.putInt(at, 0));
    }
}
