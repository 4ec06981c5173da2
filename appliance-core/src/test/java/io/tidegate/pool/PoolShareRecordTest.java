package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.tidegate.block.ExtentSharing;
import io.tidegate.volume.StoreException;
import io.tidegate.volume.VolumeDevice;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/**
 * A SHARE record whose grains have no owner, under right checksums: believed, a volume would show
 * grains that are handed out to others. The opening refuses it.
 */
@NullUnmarked
class PoolShareRecordTest extends RuleScenes {

    private static final byte SHARE = 14;
    private static final int ADDRESS = 16;
    private static final int GRAINS = 3;

    private VolumeDevice copy;

    /** A grain that the log maps and frees again, before the share. */
    private long freed;

    /** A log with one SHARE, as a loss of power leaves it. */
    private void cutOff() throws Exception {
        start(new Quiet());
        VolumeDevice source = volume();
        copy = volume();
        VolumeDevice other = volume();
        write(source, 0, GRAINS * GRAIN, 7);
        write(other, 0, GRAIN, 8);
        freed = address(other, 0);
        other.discard(0, GRAIN);
        assertThat(((ExtentSharing) copy).share(source, 0, 0, GRAINS * GRAIN))
                .isEqualTo(GRAINS * GRAIN);
        copy.flush();
        files = files.afterPowerLoss(SimFiles.LOSE_ALL);
    }

    private interface Change {
        long of(long address);
    }

    /** Gives the SHARE another address, and all batches the checksums that they then need. */
    private long shareOf(Change change) {
        byte[] wal = files.content(Recovery.WAL);
        List<Integer> batches = Resealed.batches(wal, files.content(Superblocks.FILE));
        ByteBuffer log = Resealed.little(wal);
        for (int i = 0; i < batches.size(); i++) {
            int end = batches.get(i) + log.getInt(batches.get(i) + 4);
            int at = batches.get(i) + WalBatch.HEADER_BYTES;
            while (at < end && log.get(at) != SHARE) {
                at += log.get(at + 1) * WalRecord.UNIT_BYTES;
            }
            if (at < end) {
                long address = change.of(log.getLong(at + ADDRESS));
                log.putLong(at + ADDRESS, address);
                Resealed.log(wal, batches, i);
                files.replace(Recovery.WAL, wal);
                return address;
            }
        }
        throw new AssertionError("no SHARE in the log");
    }

    private void refused(long page) {
        byte[] before = files.content(Recovery.WAL);
        StoreException e =
                catchThrowableOfType(StoreException.class, () -> reopen(files, UUID.randomUUID()));
        assertThat(e).isNotNull();
        assertThat(e.kind()).isEqualTo(StoreException.Kind.DAMAGED);
        assertThat(e)
                .hasMessageContaining(Recovery.WAL + ": record ")
                .hasMessageContaining(
                        "(Share) cannot take effect: page " + page + " is shared, but not in use")
                .hasMessageContaining("nothing was written");
        assertThat(files.content(Recovery.WAL)).isEqualTo(before);
        assertThat(files.operations()).as("writes").isZero();
    }

    @Test
    void aShareOfGrainsInUseIsReplayed() throws Exception {
        cutOff();
        shareOf(address -> address);
        reopen(files, UUID.randomUUID());
        assertThat(read(pool.openVolume(copy.volume()), (GRAINS - 1) * GRAIN)).isEqualTo(7);
        assertThat(pool.check().problems()).isEmpty();
    }

    @Test
    void aShareOfGrainsThatNobodyHadIsRefused() throws Exception {
        cutOff();
        refused(shareOf(address -> address + 2 * GRAINS));
    }

    @Test
    void aShareThatGoesBeyondTheGrainsInUseIsRefused() throws Exception {
        cutOff();
        refused(shareOf(address -> address + 1) + GRAINS - 1);
    }

    @Test
    void aShareOfAGrainThatWasFreedIsRefused() throws Exception {
        cutOff();
        shareOf(address -> freed);
        refused(freed);
    }
}
