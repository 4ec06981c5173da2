package io.tidegate.presentation;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidegate.block.Geometry;
import io.tidegate.block.MemoryDevice;
import io.tidegate.presentation.LogicalUnit.Entry;
import io.tidegate.presentation.LogicalUnit.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LogicalUnitTest {

    private static final Geometry GEOMETRY = Geometry.ofBytes(1 << 20, 512, 4096);

    private final MemoryDevice first = new MemoryDevice("first", GEOMETRY);
    private final MemoryDevice second = new MemoryDevice("second", GEOMETRY);
    private final LogicalUnit unit =
            new LogicalUnit(
                    LogicalUnitId.random(),
                    new UnitIdentity("6" + "0".repeat(31), "serial"),
                    "db01",
                    new UnitShape(GEOMETRY, 4096, true, false, false, false),
                    first,
                    1,
                    State.OPEN);

    @Test
    void aCommandOfAnOldGenerationIsNotCurrent() throws Exception {
        Entry before = requireNonNull(unit.enter());
        unit.closeGate();
        assertThat(unit.enter()).isNull();
        assertThat(unit.awaitDrained(Duration.ofMillis(1))).isFalse();
        unit.swap(second, 2, State.OPEN);

        Entry after = requireNonNull(unit.enter());
        assertThat(before.current()).isFalse();
        assertThat(before.device()).isSameAs(first);
        assertThat(after.current()).isTrue();
        assertThat(after.device()).isSameAs(second);
    }

    @Test
    void aFailedDrainThatOpensAgainLeavesItsCommandsCurrentAndCounted() throws Exception {
        Entry slow = requireNonNull(unit.enter());
        unit.closeGate();
        assertThat(unit.awaitDrained(Duration.ofMillis(1))).isFalse();
        unit.open();
        assertThat(slow.current()).isTrue();

        // The next attempt must still wait for the command of the first period.
        unit.closeGate();
        assertThat(unit.awaitDrained(Duration.ofMillis(1))).isFalse();
        slow.exit();
        assertThat(unit.awaitDrained(Duration.ofSeconds(10))).isTrue();
    }

    @Test
    void parkedCommandsGoOnWhenTheGateOpensAndWhenTheUnitIsHeld() {
        List<String> woken = new ArrayList<>();
        unit.park(() -> woken.add("open at once"));
        unit.closeGate();
        unit.park(() -> woken.add("first"));
        unit.park(() -> woken.add("second"));
        assertThat(woken).containsExactly("open at once");
        unit.swap(second, 2, State.HELD);
        assertThat(woken).containsExactly("open at once", "first", "second");
        assertThat(unit.enter()).isNull();
        unit.swap(second, 2, State.OPEN);
        assertThat(unit.enter()).isNotNull();
    }

    @Test
    void anOpenUnitIsNotSwappedAndAnotherDeviceNeedsAHigherGeneration() {
        assertThatThrownBy(() -> unit.swap(second, 2, State.OPEN))
                .isInstanceOf(IllegalStateException.class);
        unit.closeGate();
        assertThatThrownBy(() -> unit.swap(second, 1, State.OPEN))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void nobodyIsInsideOnceItIsDrained() throws Exception {
        AtomicInteger inside = new AtomicInteger();
        AtomicBoolean stop = new AtomicBoolean();
        try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                running.add(threads.submit(() -> enterAndExit(inside, stop)));
            }
            for (int round = 0; round < 500; round++) {
                unit.closeGate();
                assertThat(unit.awaitDrained(Duration.ofSeconds(30))).isTrue();
                assertThat(inside).hasValue(0);
                unit.open();
            }
            stop.set(true);
            for (Future<?> f : running) {
                f.get();
            }
        }
    }

    private void enterAndExit(AtomicInteger inside, AtomicBoolean stop) {
        while (!stop.get()) {
            Entry entry = unit.enter();
            if (entry == null) {
                Thread.onSpinWait();
                continue;
            }
            inside.incrementAndGet();
            inside.decrementAndGet();
            entry.exit();
        }
    }
}
