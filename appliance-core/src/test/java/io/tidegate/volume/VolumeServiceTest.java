package io.tidegate.volume;

import static io.tidegate.presentation.House.MIB;
import static io.tidegate.presentation.House.WHO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tidegate.audit.AuditFilter;
import io.tidegate.audit.AuditRecord;
import io.tidegate.audit.AuditResult;
import io.tidegate.audit.Request;
import io.tidegate.block.BlockDevice;
import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.ServiceException.Code;
import io.tidegate.presentation.House;
import io.tidegate.presentation.KillingStores.Killed;
import io.tidegate.presentation.LogicalUnit;
import io.tidegate.presentation.LunSpec;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VolumeServiceTest {

    @TempDir Path folder;

    private static void refused(Code code, ThrowingCallable act) {
        assertThatExceptionOfType(ServiceException.class)
                .isThrownBy(act)
                .matches(e -> e.code() == code, code.name());
    }

    private static long inStore(House house, String pool) throws Exception {
        return house.pools.store(house.pools.find(pool).id()).volumes().size();
    }

    @Test
    void makesAVolumeWithAUnitThatOutlivesARestart() throws Exception {
        LogicalUnit before;
        try (House house = House.first(folder)) {
            VolumeRecord made = house.volume("DB01");
            assertThat(made.name()).isEqualTo("db01");
            assertThat(made.state()).isEqualTo(VolumeState.READY);
            before = house.presentation.unitOf(made.id()).orElseThrow();
            assertThat(before.identity().naa()).startsWith("602a1b2").hasSize(32);
            BlockDevice device = before.device();
            device.write(0, ByteBuffer.allocateDirect(512).put(0, (byte) 7));
            device.flush();
            assertThat(house.volumes.show("db01").usage().orElseThrow().mappedBytes()).isPositive();
        }
        try (House again = new House(folder, new House.TestClock())) {
            VolumeRecord volume = again.volumes.find("db01");
            LogicalUnit unit = again.presentation.unitOf(volume.id()).orElseThrow();
            assertThat(unit.id()).isEqualTo(before.id());
            assertThat(unit.identity()).isEqualTo(before.identity());
            ByteBuffer into = ByteBuffer.allocateDirect(512);
            unit.device().read(0, into);
            assertThat(into.get(0)).isEqualTo((byte) 7);
        }
    }

    @Test
    void refusesWhatCannotBe() throws Exception {
        try (House house = House.first(folder)) {
            house.volume("db01");
            refused(Code.CONFLICT, () -> house.volume("db01"));
            refused(Code.INVALID, () -> house.volume("no name"));
            refused(Code.INVALID, () -> house.volume("x".repeat(64)));
            refused(
                    Code.NOT_FOUND,
                    () -> house.volumes.create(WHO, VolumeSpec.of("db02", "none", MIB)));
            refused(
                    Code.INVALID,
                    () -> house.volumes.create(WHO, VolumeSpec.of("db02", "fast", 1000)));
            assertThat(inStore(house, "fast")).isEqualTo(1);
            assertThat(house.catalog.audit(AuditFilter.newest(5)))
                    .extracting(AuditRecord::result)
                    .containsOnly(AuditResult.REFUSED);
        }
    }

    @Test
    void aRepeatOfARequestFindsTheFirstVolume() throws Exception {
        try (House house = House.first(folder)) {
            Request once =
                    new Request("alice", "a", "password", "c", Optional.empty(), Optional.of("r1"));
            VolumeSpec spec = VolumeSpec.of("db01", "fast", MIB);
            VolumeRecord first = house.volumes.create(once, spec);
            assertThat(house.volumes.create(once, spec)).isEqualTo(first);
            assertThat(inStore(house, "fast")).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aKillWhileAVolumeIsMadeLeavesNothingHalf(boolean afterStore) throws Exception {
        House house = House.first(folder);
        if (afterStore) {
            house.stores.killAfter("createVolume");
        } else {
            house.stores.killBefore("createVolume");
        }
        assertThatExceptionOfType(Killed.class).isThrownBy(() -> house.volume("db01"));
        house.crash();
        try (House again = new House(folder, house.clock)) {
            assertThat(again.volumes.list(Optional.empty(), false)).isEmpty();
            assertThat(inStore(again, "fast")).isZero();
            assertThat(again.presentation.units()).isEmpty();
            assertThat(again.volume("db01").state()).isEqualTo(VolumeState.READY);
            assertThat(again.catalog.verifyAudit().intact()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aKillWhileAVolumeIsPurgedGoesThroughAtTheNextStart(boolean afterStore) throws Exception {
        House house = House.first(folder);
        house.volume("db01");
        house.bin.delete(WHO, "db01");
        if (afterStore) {
            house.stores.killAfter("deleteVolume");
        } else {
            house.stores.killBefore("deleteVolume");
        }
        assertThatExceptionOfType(Killed.class).isThrownBy(() -> house.bin.purge(WHO, "db01"));
        house.crash();
        try (House again = new House(folder, house.clock)) {
            refused(Code.NOT_FOUND, () -> again.volumes.find("db01"));
            assertThat(inStore(again, "fast")).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aKillWhileAPoolIsMadeLeavesAWholePoolOrNone(boolean afterStore) throws Exception {
        House house = new House(folder, new House.TestClock());
        if (afterStore) {
            house.stores.killAfter("create");
        } else {
            house.stores.killBefore("create");
        }
        assertThatExceptionOfType(Killed.class)
                .isThrownBy(() -> house.pool(folder, "fast", PoolTier.FAST));
        house.crash();
        try (House again = new House(folder, house.clock)) {
            assertThat(again.pools.list()).hasSize(afterStore ? 1 : 0);
            if (afterStore) {
                assertThat(again.pools.show("fast").problem()).isEmpty();
                assertThat(again.volume("db01").usable()).isTrue();
            } else {
                again.pool(folder, "fast", PoolTier.FAST);
            }
        }
    }

    @Test
    void theBinKeepsAVolumeUntilItsTime() throws Exception {
        try (House house = House.first(folder)) {
            VolumeRecord volume = house.volume("db01");
            LogicalUnit unit = house.presentation.unitOf(volume.id()).orElseThrow();
            house.bin.delete(WHO, "db01");
            assertThat(house.presentation.unit(unit.id())).isEmpty();
            assertThat(house.heard.all).contains("removed db01");
            assertThat(house.volumes.list(Optional.empty(), false)).isEmpty();
            assertThat(house.volumes.list(Optional.empty(), true)).hasSize(1);
            refused(Code.CONFLICT, () -> house.volume("db01"));

            house.bin.undelete(WHO, "db01");
            LogicalUnit back = house.presentation.unitOf(volume.id()).orElseThrow();
            assertThat(back.identity()).isEqualTo(unit.identity());
            refused(Code.CONFLICT, () -> house.bin.purge(WHO, "db01"));

            house.bin.delete(WHO, "db01");
            house.clock.forward(House.GRACE.minusSeconds(1));
            assertThat(house.bin.purgeExpired()).isZero();
            house.clock.forward(java.time.Duration.ofSeconds(1));
            assertThat(house.bin.purgeExpired()).isEqualTo(1);
            assertThat(inStore(house, "fast")).isZero();
            house.volume("db01");
        }
    }

    @Test
    void aMappedVolumeIsNotDeleted() throws Exception {
        try (House house = House.first(folder)) {
            house.volume("db01");
            house.host("esx7");
            house.luns.map(WHO, "db01", LunSpec.to("esx7", false));
            assertThatExceptionOfType(ServiceException.class)
                    .isThrownBy(() -> house.bin.delete(WHO, "db01"))
                    .matches(e -> e.code() == Code.BUSY)
                    .matches(e -> e.why().contains("LUN 0 of host esx7"));
            assertThat(house.view("esx7").all()).hasSize(1);
        }
    }

    @Test
    void growsRenamesAndGoesOfflineUnderItsIdentity() throws Exception {
        try (House house = House.first(folder)) {
            VolumeRecord volume = house.volume("db01");
            LogicalUnit unit = house.presentation.unitOf(volume.id()).orElseThrow();
            house.volumes.resize(WHO, "db01", 32 * MIB);
            assertThat(unit.shape().geometry().sizeBytes()).isEqualTo(32 * MIB);
            assertThat(unit.device().geometry().sizeBytes()).isEqualTo(32 * MIB);
            assertThat(house.heard.all).containsExactly("CAPACITY db01 OPEN");
            refused(Code.INVALID, () -> house.volumes.resize(WHO, "db01", MIB));

            house.volumes.rename(WHO, "db01", "db02");
            assertThat(unit.name()).isEqualTo("db02");
            house.volumes.offline(WHO, "db02");
            assertThat(unit.state()).isEqualTo(LogicalUnit.State.HELD);
            house.volumes.online(WHO, "db02");
            assertThat(unit.state()).isEqualTo(LogicalUnit.State.OPEN);
        }
    }
}
