package io.tidegate.presentation;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Waits for commands to leave a unit, and closes devices once nothing is under way on them. */
final class Drains {

    private static final Logger log = LoggerFactory.getLogger(Drains.class);

    private record Leaving(LogicalUnit unit, BlockDevice device) {}

    private final List<Leaving> leaving = new CopyOnWriteArrayList<>();

    /**
     * Waits for what entered before the gate closed. The wait is on a thread of our own, for the
     * caller's may belong to a shell that interrupts it.
     */
    static boolean await(LogicalUnit unit, Duration limit) {
        CompletableFuture<Boolean> drained = new CompletableFuture<>();
        Thread.ofPlatform()
                .name("drain-" + unit.name())
                .daemon()
                .start(
                        () -> {
                            try {
                                drained.complete(unit.awaitDrained(limit));
                            } catch (InterruptedException | RuntimeException e) {
                                drained.completeExceptionally(e);
                            }
                        });
        return drained.join();
    }

    /**
     * Closes a device that the unit no longer points at; later, when commands are still under way
     * on it.
     */
    void closeAfter(LogicalUnit unit, BlockDevice device) {
        leaving.add(new Leaving(unit, device));
        sweep();
    }

    /** Closes what has become free. */
    void sweep() {
        for (Leaving one : leaving) {
            if (!one.unit().inUse(one.device()) && leaving.remove(one)) {
                close(one.device());
            }
        }
    }

    /** Closes everything: no command is under way any more. */
    void close() {
        for (Iterator<Leaving> it = leaving.iterator(); it.hasNext(); ) {
            close(it.next().device());
        }
        leaving.clear();
    }

    static void close(BlockDevice device) {
        try {
            device.close();
        } catch (DeviceException e) {
            log.warn("a device behind a logical unit did not close", e);
        }
    }
}
