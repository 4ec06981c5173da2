package io.tidegate.pool;

import io.tidegate.volume.ScrubControl;
import io.tidegate.volume.ScrubReport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.eclipse.collections.impl.list.mutable.primitive.LongArrayList;

/**
 * One pass over everything in use, in the order of the disk. A guard is open for a piece at a time,
 * so what is looked at cannot be reused meanwhile, and the reuse of space does not wait for long.
 */
final class Scrub {

    private static final int PIECE_BYTES = 1 << 18;
    private static final int MOST_PROBLEMS = 100;
    private static final long LONGEST_PARK_NANOS = 100_000_000;
    private static final long SECOND_NANOS = 1_000_000_000;

    private final PoolCore core;
    private final Layout layout;
    private final ScrubControl control;
    private final LongConsumer park;
    private final List<String> problems = new ArrayList<>();
    private final Map<Long, String> damaged = new LinkedHashMap<>();
    private final long totalBytes;
    private long more;
    private long metadataPages;
    private long goodBytes;
    private long badBytes;
    private long uncheckedBytes;
    private long readBytes;
    private long due = System.nanoTime();

    /**
     * @param park rests for about so many nanoseconds
     */
    Scrub(PoolCore core, ScrubControl control, LongConsumer park) {
        this.core = core;
        this.layout = core.layout;
        this.control = control;
        this.park = park;
        SpaceMap.Figures f = core.space.figures();
        this.totalBytes = f.grainsUsed() * layout.grainBytes() + f.nodesUsed() * Layout.PAGE_BYTES;
    }

    ScrubReport run() throws IOException {
        boolean complete = true;
        for (int s = 1; s < core.space.segments() && complete; s++) {
            complete = segment(s);
        }
        report();
        return new ScrubReport(complete, metadataPages, goodBytes, uncheckedBytes, problems);
    }

    private boolean segment(int s) throws IOException {
        long end = layout.firstPage(s) + layout.segmentPages();
        long at = layout.firstPage(s);
        while (at < end) {
            if (control.cancelled()) {
                return false;
            }
            long before = doneBytes();
            at = piece(at, end);
            if (doneBytes() > before) {
                control.progress(doneBytes(), Math.max(totalBytes, doneBytes()));
            }
            throttle();
        }
        return true;
    }

    private long doneBytes() {
        return metadataPages * Layout.PAGE_BYTES + goodBytes + badBytes + uncheckedBytes;
    }

    /** Looks at the units from a page on until enough was read; where the next piece begins. */
    private long piece(long from, long end) throws IOException {
        readBytes = 0;
        Guards.Guard guard = core.guards.enter();
        try {
            if (core.closed) {
                throw new GoneException("the pool was closed or reopened during the scrub");
            }
            long at = from;
            while (at < end && readBytes < PIECE_BYTES) {
                boolean aligned = layout.pageInSegment(at) % layout.grainPages() == 0;
                if (aligned && core.space.isUsed(at, SpaceMap.DATA)) {
                    grain(at);
                    at += layout.grainPages();
                } else {
                    if (core.store.settled(at)) {
                        node(at);
                    }
                    at++;
                }
            }
            return at;
        } finally {
            core.guards.leave(guard);
        }
    }

    private void node(long address) {
        metadataPages++;
        readBytes += Layout.PAGE_BYTES;
        try {
            core.store.verify(address);
        } catch (IOException e) {
            problem("metadata in " + core.files.place(address) + ": " + e.getMessage());
        }
    }

    private void grain(long address) {
        int bytes = layout.grainBytes();
        if (!core.seals.checked(address)) {
            uncheckedBytes += bytes;
            return;
        }
        readBytes += bytes;
        String why = "does not match its checksum";
        try {
            if (core.reader.intact(address)) {
                goodBytes += bytes;
                return;
            }
        } catch (IOException e) {
            why = "cannot be read: " + e.getMessage();
        }
        badBytes += bytes;
        if (damaged.size() < MOST_PROBLEMS) {
            damaged.put(
                    address,
                    "data grain at page "
                            + address
                            + " ("
                            + core.files.place(address)
                            + ") "
                            + why);
        } else {
            more++;
        }
    }

    private void problem(String text) {
        if (problems.size() < MOST_PROBLEMS) {
            problems.add(text);
        } else {
            more++;
        }
    }

    /** Who shows the damaged grains, and how much more there was. */
    private void report() {
        if (!damaged.isEmpty()) {
            LongArrayList addresses = new LongArrayList();
            damaged.keySet().forEach(addresses::add);
            Map<Long, List<String>> places = Whereabouts.of(core, addresses);
            damaged.forEach(
                    (address, text) -> {
                        List<String> of = places.getOrDefault(address, List.of());
                        problems.add(
                                text
                                        + (of.isEmpty()
                                                ? "; no volume or snapshot shows it any more"
                                                : "; shown by " + String.join(", ", of)));
                    });
        }
        if (more > 0) {
            problems.add("and " + more + " more");
        }
    }

    /** Rests until the bytes of the last piece are within the limit; a cancel ends the rest. */
    private void throttle() {
        long limit = control.bytesPerSecond();
        if (limit <= 0 || readBytes == 0) {
            return;
        }
        long now = System.nanoTime();
        // What was not used before gives no credit.
        due = Math.max(now, due) + (long) (readBytes * (double) SECOND_NANOS / limit);
        for (long left = due - now; left > 0; left -= LONGEST_PARK_NANOS) {
            if (control.cancelled()) {
                return;
            }
            park.accept(Math.min(left, LONGEST_PARK_NANOS));
        }
    }
}
