package io.tidegate.target.device;

import io.tidegate.presentation.LogicalUnitId;
import io.tidegate.presentation.ModePageStore;
import io.tidegate.presentation.PersistentReservations;
import io.tidegate.presentation.ReservationStore;
import io.tidegate.presentation.SanitizeStore;
import io.tidegate.presentation.UnitSpaces;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** What outlives the device server in tests; can be told to fail. */
public final class MemoryStores {

    volatile boolean broken;

    private final Map<LogicalUnitId, PersistentReservations> kept = new ConcurrentHashMap<>();
    private final Map<LogicalUnitId, ModePageStore.SavedModes> modes = new ConcurrentHashMap<>();

    private final Map<LogicalUnitId, SanitizeStore.Unfinished> sanitizes =
            new ConcurrentHashMap<>();

    volatile Optional<UnitSpaces.Space> space =
            Optional.of(new UnitSpaces.Space(3L << 20, 40L << 20, 25L << 20));

    public UnitStores all() {
        return new UnitStores(reservations(), modes(), sanitizes(), unit -> space);
    }

    private void check() throws IOException {
        if (broken) {
            throw new IOException("broken by the test");
        }
    }

    public ReservationStore reservations() {
        return new ReservationStore() {
            @Override
            public Optional<PersistentReservations> load(LogicalUnitId unit) {
                return Optional.ofNullable(kept.get(unit));
            }

            @Override
            public void save(LogicalUnitId unit, Optional<PersistentReservations> reservations)
                    throws IOException {
                check();
                reservations.ifPresentOrElse(r -> kept.put(unit, r), () -> kept.remove(unit));
            }
        };
    }

    public ModePageStore modes() {
        return new ModePageStore() {
            @Override
            public Optional<SavedModes> load(LogicalUnitId unit) {
                return Optional.ofNullable(modes.get(unit));
            }

            @Override
            public void save(LogicalUnitId unit, SavedModes values) throws IOException {
                check();
                modes.put(unit, values);
            }
        };
    }

    public SanitizeStore sanitizes() {
        return new SanitizeStore() {
            @Override
            public Optional<Unfinished> load(LogicalUnitId unit) {
                return Optional.ofNullable(sanitizes.get(unit));
            }

            @Override
            public void save(LogicalUnitId unit, Optional<Unfinished> sanitize) throws IOException {
                check();
                sanitize.ifPresentOrElse(s -> sanitizes.put(unit, s), () -> sanitizes.remove(unit));
            }
        };
    }
}
