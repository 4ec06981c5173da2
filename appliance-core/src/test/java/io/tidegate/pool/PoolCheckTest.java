package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.volume.SnapshotId;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The check finds what is planted, and goes on beside writers. */
@NullUnmarked
class PoolCheckTest {

    @TempDir Path tokens;

    private PoolHarness worked() throws Exception {
        PoolHarness h = new PoolHarness(21, tokens);
        for (int i = 0; i < 150; i++) {
            h.act();
        }
        h.background();
        assertThat(h.pool.check().problems()).isEmpty();
        return h;
    }

    private static long someGrain(PoolHarness h) throws Exception {
        for (Volume v : h.pool.core().state.bySerial.values()) {
            for (long g = 0; g < PoolHarness.SECTORS / 8; g++) {
                long address = Slot.address(v.map.slot(g));
                if (address != 0 && h.pool.core().shares.refs(address) == 0) {
                    return address;
                }
            }
        }
        throw new AssertionError("nothing is mapped");
    }

    @Test
    void aGrainThatIsFreeAndLiveIsFound() throws Exception {
        PoolHarness h = worked();
        long grain = someGrain(h);
        h.pool.core().space.free(grain);
        assertThat(h.pool.check().problems())
                .contains("page " + grain + " has an owner, but is free");
    }

    @Test
    void aGrainThatNobodyOwnsIsFound() throws Exception {
        PoolHarness h = worked();
        SpaceClaim claim = new SpaceClaim(new Budget(false), 1, 0);
        SpaceMap space = h.pool.core().space;
        SpaceMap.Taken taken = space.takeGrains(claim, new OpenSegment(), 1);
        h.pool.core().space.publish(taken.address(), 1);
        assertThat(h.pool.check().problems())
                .contains("page " + taken.address() + " is in use, but nobody owns it");
    }

    @Test
    void aGrainWithTwoOwnersIsFound() throws Exception {
        PoolHarness h = worked();
        Volume v = h.pool.core().state.bySerial.values().iterator().next();
        long grain = someGrain(h);
        v.headList.add(Slot.entry(grain, Slot.GRAIN, v.map.epoch()));
        List<String> problems = h.pool.check().problems();
        assertThat(problems).anyMatch(p -> p.startsWith("page " + grain + " has 2 owners"));
    }

    @Test
    void aWrongAccountIsFound() throws Exception {
        PoolHarness h = worked();
        h.pool.core().state.bySerial.values().iterator().next().mappedGrains++;
        assertThat(h.pool.check().problems()).anyMatch(p -> p.contains("its account"));
    }

    @Test
    void writesAndDeletionsGoOnWhileItReads() throws Exception {
        PoolHarness h = new PoolHarness(22, tokens);
        ModelVolume v = h.createVolume();
        for (int round = 0; round < 4; round++) {
            h.write(v, 0, PoolHarness.SECTORS);
            h.pool.snapshot(Map.of(v.id, SnapshotId.random()));
        }
        h.background();
        h.pool.core().state.restLists(DirectoryCodec.lists(h.pool.core().state));
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        AtomicReference<List<String>> found = new AtomicReference<>();
        Thread checker =
                new Thread(
                        () -> {
                            try {
                                found.set(h.pool.check().problems());
                            } catch (Exception e) {
                                found.set(List.of(e.toString()));
                            }
                        });
        h.files.before =
                op -> {
                    if (Thread.currentThread() == checker && op.startsWith("read")) {
                        reading.countDown();
                        try {
                            release.await();
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                    }
                };
        checker.start();
        reading.await();
        for (SnapshotId id : h.pool.snapshots(v.id)) {
            h.pool.deleteSnapshot(id);
        }
        h.background();
        h.write(v, 0, PoolHarness.SECTORS);
        h.device(v).flush();
        h.background();
        release.countDown();
        checker.join();
        assertThat(found.get()).isEmpty();
        h.verify();
    }
}
