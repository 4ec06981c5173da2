package io.tidegate.recovery;

import io.tidegate.block.ExtentMapped;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Content of a volume or snapshot in memory: grains by number, none where nothing is mapped. */
final class FakeGrains {

    private FakeGrains() {}

    static void copyOut(TreeMap<Long, byte[]> grains, long offset, ByteBuffer into) {
        long at = offset;
        while (into.hasRemaining()) {
            int inside = (int) (at % FakeStore.GRAIN);
            int length = Math.min(FakeStore.GRAIN - inside, into.remaining());
            byte[] grain = grains.get(at / FakeStore.GRAIN);
            into.put(grain == null ? new byte[FakeStore.GRAIN] : grain, inside, length);
            at += length;
        }
    }

    static List<ExtentMapped.Run> runsOf(
            TreeMap<Long, byte[]> grains, long offset, long length, int maxRuns) {
        List<ExtentMapped.Run> runs = new ArrayList<>();
        long at = offset;
        long end = offset + length;
        while (at < end && runs.size() < maxRuns) {
            boolean mapped = grains.containsKey(at / FakeStore.GRAIN);
            long until = at;
            while (until < end && grains.containsKey(until / FakeStore.GRAIN) == mapped) {
                until = Math.min(end, (until / FakeStore.GRAIN + 1) * FakeStore.GRAIN);
            }
            runs.add(new ExtentMapped.Run(at, until - at, mapped));
            at = until;
        }
        return runs;
    }
}
