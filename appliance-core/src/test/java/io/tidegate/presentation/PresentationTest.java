package io.tidegate.presentation;

import static io.tidegate.presentation.House.MIB;
import static io.tidegate.presentation.House.WHO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tidegate.block.BlockDevice;
import io.tidegate.block.DeviceException;
import io.tidegate.catalog.ServiceException;
import io.tidegate.presentation.PersistentReservations.Registration;
import io.tidegate.presentation.PersistentReservations.Reservation;
import io.tidegate.volume.PoolTier;
import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeKind;
import io.tidegate.volume.VolumeRecord;
import io.tidegate.volume.VolumeSpec;
import io.tidegate.volume.VolumeStore;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PresentationTest {

    @TempDir Path folder;
    private House house;

    @BeforeEach
    void open() throws Exception {
        house = House.first(folder);
    }

    @AfterEach
    void close() {
        house.close();
    }

    private static void write(BlockDevice device, int value) throws DeviceException {
        device.write(0, ByteBuffer.allocateDirect(512).put(0, (byte) value));
    }

    private static int read(BlockDevice device) throws DeviceException {
        ByteBuffer into = ByteBuffer.allocateDirect(512);
        device.read(0, into);
        return into.get(0);
    }

    private VolumeRecord qrv(String name) throws Exception {
        house.pool(folder, "capacity", PoolTier.CAPACITY);
        VolumeSpec spec = VolumeSpec.like(house.volumes.find("db01"), name, "capacity");
        return house.volumes.create(WHO, spec, VolumeKind.QRV, VolumeStore::createVolume);
    }

    private SwapRows.Swapped swap(LogicalUnit unit, VolumeRecord to, boolean held)
            throws ServiceException {
        return house.catalog.<SwapRows.Swapped, ServiceException>change(
                WHO,
                "qrv:q",
                tx ->
                        new SwapRows(house.presentation)
                                .swap(
                                        tx,
                                        new SwapRows.Order(unit.id(), to.id(), "db01-old", held)));
    }

    @Test
    void aSwapMovesThePointerAndNothingThatHostsKnow() throws Exception {
        VolumeRecord primary = house.volume("db01");
        house.host("h1");
        house.luns.map(WHO, "db01", LunSpec.to("h1", false));
        VolumeRecord qrv = qrv("db01-q1");
        LogicalUnit unit = house.presentation.unitOf(primary.id()).orElseThrow();
        UnitIdentity identity = unit.identity();
        write(unit.device(), 1);
        try (BlockDevice device = house.presentation.openVolume(qrv)) {
            write(device, 2);
        }
        LogicalUnit.Entry late = Objects.requireNonNull(unit.enter());
        house.heard.all.clear();

        unit.closeGate();
        SwapRows.Swapped swapped = swap(unit, qrv, false);
        assertThat(swapped.unit().generation()).isEqualTo(2);
        house.presentation.applySwap(unit.id(), Presentation.otherContent());
        house.presentation.refresh(primary.id());

        assertThat(unit.state()).isEqualTo(LogicalUnit.State.OPEN);
        assertThat(unit.generation()).isEqualTo(2);
        assertThat(read(unit.device())).isEqualTo(2);
        assertThat(late.current()).isFalse();
        write(late.device(), 3); // still possible for what entered before, and not on the new one
        late.exit();
        assertThat(read(unit.device())).isEqualTo(2);
        assertThat(unit.identity()).isEqualTo(identity);
        assertThat(Objects.requireNonNull(house.view("h1").lun(0)).unit()).isSameAs(unit);
        assertThat(house.heard.all)
                .containsExactlyInAnyOrder("MEDIUM db01 GATED", "RESERVATION_CLEARED db01 GATED");

        assertThat(house.volumes.find("db01").id()).isEqualTo(qrv.id());
        VolumeRecord old = house.volumes.find("db01-old");
        assertThat(old.id()).isEqualTo(primary.id());
        LogicalUnit oldUnit = house.presentation.unitOf(old.id()).orElseThrow();
        assertThat(oldUnit.identity()).isNotEqualTo(identity);
        assertThat(oldUnit.shape().writeProtected()).isTrue();
        assertThat(read(oldUnit.device())).isEqualTo(3);
    }

    @Test
    void aHeldSwapIsHeldAfterARestartToo() throws Exception {
        VolumeRecord primary = house.volume("db01");
        VolumeRecord qrv = qrv("db01-q1");
        LogicalUnit unit = house.presentation.unitOf(primary.id()).orElseThrow();
        unit.closeGate();
        swap(unit, qrv, true);
        house.crash(); // between the transaction and the live swap
        house = new House(folder, house.clock);
        LogicalUnit again = house.presentation.unitOf(qrv.id()).orElseThrow();
        assertThat(again.id()).isEqualTo(unit.id());
        assertThat(again.state()).isEqualTo(LogicalUnit.State.HELD);
        assertThat(again.generation()).isEqualTo(2);
        house.catalog.housekeeping(
                tx -> {
                    UnitRows.setHeld(tx, again.id(), false);
                    return 0;
                });
        house.presentation.refresh(qrv.id());
        assertThat(again.state()).isEqualTo(LogicalUnit.State.OPEN);
    }

    @Test
    void aSwapThatFailsChangesNoRow() throws Exception {
        VolumeRecord primary = house.volume("db01");
        VolumeRecord qrv = qrv("db01-q1");
        house.volume("db01-old");
        LogicalUnit unit = house.presentation.unitOf(primary.id()).orElseThrow();
        assertThatExceptionOfType(ServiceException.class).isThrownBy(() -> swap(unit, qrv, false));
        assertThat(house.volumes.find("db01").id()).isEqualTo(primary.id());
        assertThat(house.volumes.find("db01-q1").kind()).isEqualTo(VolumeKind.QRV);
        assertThat(house.presentation.unitOf(primary.id()).map(LogicalUnit::id))
                .contains(unit.id());
    }

    @Test
    void aMountShowsASnapshotUnderAnIdentityOfItsOwn() throws Exception {
        VolumeRecord volume = house.volume("db01");
        LogicalUnit unit = house.presentation.unitOf(volume.id()).orElseThrow();
        write(unit.device(), 1);
        SnapshotId snapshot = SnapshotId.random();
        house.volumes.store(volume).snapshot(Map.of(volume.id(), snapshot));
        write(unit.device(), 2);
        house.host("h1");
        UnitRecord mount =
                house.catalog.<UnitRecord, ServiceException>change(
                        WHO,
                        "snapshot:db01@s",
                        tx -> {
                            UnitRecord row =
                                    house.presentation.insertMount(tx, "db01@s", volume, snapshot);
                            house.luns.mapUnit(tx, row, LunSpec.to("h1", true));
                            return row;
                        });
        house.presentation.refresh(volume.id());
        LogicalUnit shown = Objects.requireNonNull(house.view("h1").lun(0)).unit();
        assertThat(shown.id()).isEqualTo(mount.id());
        assertThat(shown.identity()).isNotEqualTo(unit.identity());
        assertThat(shown.shape().writeProtected()).isTrue();
        assertThat(read(shown.device())).isEqualTo(1);

        house.luns.unmap(WHO, "db01@s", "h1", Optional.empty(), false);
        house.catalog.housekeeping(
                tx -> {
                    UnitRows.delete(tx, mount.id());
                    return 0;
                });
        house.presentation.refresh(volume.id());
        assertThat(house.presentation.unit(mount.id())).isEmpty();
        assertThat(read(unit.device())).isEqualTo(2);
        house.volumes.store(volume).deleteSnapshot(snapshot); // nothing holds it any more
    }

    @Test
    void aPoolThatDoesNotOpenLeavesItsUnitsInPlace() throws Exception {
        VolumeRecord volume = house.volume("db01");
        house.host("h1");
        house.luns.map(WHO, "db01", LunSpec.to("h1", false));
        house.close();
        Path path = folder.resolve("pool-fast");
        Path away = folder.resolve("away");
        java.nio.file.Files.move(path, away);
        house = new House(folder, house.clock);
        assertThat(house.pools.show("fast").problem()).isPresent();
        LogicalUnit unit = Objects.requireNonNull(house.view("h1").lun(0)).unit();
        assertThatExceptionOfType(DeviceException.class)
                .isThrownBy(() -> read(unit.device()))
                .matches(e -> e.kind() == DeviceException.Kind.GONE);
        java.nio.file.Files.move(away, path);
        house.pools.reopen(WHO, "fast", false);
        assertThat(read(unit.device())).isZero();
        assertThat(unit.generation()).isEqualTo(2);
        assertThat(house.presentation.unitOf(volume.id())).contains(unit);
    }

    @Test
    void reservationsAndModesOutliveARestart() throws Exception {
        LogicalUnitId id = house.presentation.unitOf(house.volume("db01").id()).orElseThrow().id();
        Registration one =
                new Registration("iqn.a,i,0x1", "iqn.t,t,0x1", 1, 0xfeed_beef_0000_0001L);
        PersistentReservations kept =
                new PersistentReservations(-2, List.of(one), Optional.of(new Reservation(one, 5)));
        new CatalogReservations(house.catalog).save(id, Optional.of(kept));
        ModePageStore.SavedModes modes = new ModePageStore.SavedModes(false, true, true);
        new CatalogModePages(house.catalog).save(id, modes);
        SanitizeStore.Unfinished sanitize =
                new SanitizeStore.Unfinished(true, 3, "55aa", true, true, 7, 1L << 40, 99, true);
        new CatalogSanitizes(house.catalog).save(id, Optional.of(sanitize));
        house.close();
        house = new House(folder, house.clock);
        CatalogReservations store = new CatalogReservations(house.catalog);
        assertThat(store.load(id)).contains(kept);
        assertThat(new CatalogModePages(house.catalog).load(id)).contains(modes);
        assertThat(new CatalogSanitizes(house.catalog).load(id)).contains(sanitize);
        new CatalogSanitizes(house.catalog).save(id, Optional.empty());
        assertThat(new CatalogSanitizes(house.catalog).load(id)).isEmpty();
        store.save(id, Optional.empty());
        assertThat(store.load(id)).isEmpty();
        assertThatExceptionOfType(java.io.IOException.class)
                .isThrownBy(() -> store.save(LogicalUnitId.random(), Optional.of(kept)));
    }

    @Test
    void aPromotedVolumeShowsNoForeignBytesWhenItGrows() throws Exception {
        VolumeRecord primary = house.volume("db01");
        house.pool(folder, "capacity", PoolTier.CAPACITY);
        VolumeRecord larger =
                house.volumes.create(
                        WHO,
                        VolumeSpec.of("q", "capacity", 32 * MIB),
                        VolumeKind.QRV,
                        VolumeStore::createVolume);
        try (BlockDevice device = house.presentation.openVolume(larger)) {
            device.write(16 * MIB, ByteBuffer.allocateDirect(512).put(0, (byte) 9));
        }
        LogicalUnit unit = house.presentation.unitOf(primary.id()).orElseThrow();
        unit.closeGate();
        swap(unit, larger, false);
        house.presentation.applySwap(unit.id(), Presentation.otherContent());
        assertThat(unit.shape().geometry().sizeBytes()).isEqualTo(16 * MIB);
        house.volumes.resize(WHO, "db01", 24 * MIB);
        assertThat(unit.shape().geometry().sizeBytes()).isEqualTo(24 * MIB);
        ByteBuffer into = ByteBuffer.allocateDirect(512);
        unit.device().read(16 * MIB, into);
        assertThat(into.get(0)).isZero();
    }
}
