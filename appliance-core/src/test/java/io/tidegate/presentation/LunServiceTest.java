package io.tidegate.presentation;

import static io.tidegate.presentation.House.WHO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.ServiceException.Code;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LunServiceTest {

    @TempDir Path folder;
    private House house;

    @BeforeEach
    void open() throws Exception {
        house = House.first(folder);
        house.volume("a");
        house.volume("b");
        house.host("h1");
        house.host("h2");
    }

    @AfterEach
    void close() {
        house.close();
    }

    private LunInfo map(String name, String host) throws ServiceException {
        return house.luns.map(WHO, name, LunSpec.to(host, false));
    }

    private LunInfo mapAt(String name, String host, int number) throws ServiceException {
        return house.luns.map(
                WHO, name, new LunSpec(host, Optional.empty(), Optional.of(number), false));
    }

    private void unmap(String name, String host) throws ServiceException {
        house.luns.unmap(WHO, name, host, Optional.empty(), false);
    }

    @Test
    void hostsSeeWhatIsMappedToThemAndNothingElse() throws Exception {
        house.heard.all.clear();
        assertThat(map("a", "h1").number()).isZero();
        assertThat(map("b", "h1").number()).isEqualTo(1);
        assertThat(map("b", "h2").number()).isZero();
        assertThat(house.view("h1").luns()).containsOnlyKeys(0, 1);
        assertThat(house.view("h2").luns()).containsOnlyKeys(0);
        assertThat(house.view("h3").all()).isEmpty();
        assertThat(house.heard.all).containsExactly("luns h1", "luns h1", "luns h2");
        assertThat(Objects.requireNonNull(house.view("h1").lun(1)).unit())
                .isSameAs(Objects.requireNonNull(house.view("h2").lun(0)).unit());
        assertThatExceptionOfType(ServiceException.class)
                .isThrownBy(() -> map("a", "h1"))
                .matches(e -> e.code() == Code.CONFLICT);
    }

    @Test
    void aNumberRestsForOtherUnitsButNotForItsOwn() throws Exception {
        map("a", "h1");
        unmap("a", "h1");
        assertThat(house.view("h1").all()).isEmpty();
        assertThat(map("b", "h1").number()).isEqualTo(1);
        unmap("b", "h1");
        house.clock.forward(Duration.ofMinutes(20));
        assertThatExceptionOfType(ServiceException.class)
                .isThrownBy(() -> mapAt("b", "h1", 0))
                .matches(e -> e.code() == Code.CONFLICT)
                .matches(e -> e.why().contains("rests for another 40 min"));
        assertThat(mapAt("b", "h2", 0).number()).isZero(); // another host never saw it
        assertThat(map("a", "h1").number()).isZero(); // its own number at once
    }

    @Test
    void theRestOutlivesARestartAndEnds() throws Exception {
        map("a", "h1");
        unmap("a", "h1");
        house.close();
        house = new House(folder, house.clock);
        house.clock.forward(House.QUARANTINE.minusMillis(1));
        assertThatExceptionOfType(ServiceException.class)
                .isThrownBy(() -> mapAt("b", "h1", 0))
                .matches(e -> e.why().contains("another 1 s"));
        house.clock.forward(Duration.ofMillis(1));
        assertThat(mapAt("b", "h1", 0).number()).isZero();
    }

    @Test
    void aBusyLunIsTakenByForceOnly() throws Exception {
        map("a", "h1");
        MappedLun lun = Objects.requireNonNull(house.view("h1").lun(0));
        LogicalUnit.Entry entry = Objects.requireNonNull(lun.unit().enter());
        assertThatExceptionOfType(ServiceException.class)
                .isThrownBy(() -> unmap("a", "h1"))
                .matches(e -> e.code() == Code.BUSY);
        assertThat(house.view("h1").luns()).containsOnlyKeys(0);
        assertThat(lun.unit().state()).isEqualTo(LogicalUnit.State.OPEN);
        house.luns.unmap(WHO, "a", "h1", Optional.empty(), true);
        assertThat(house.view("h1").all()).isEmpty();
        assertThat(lun.unit().state()).isEqualTo(LogicalUnit.State.OPEN);
        entry.exit();
    }

    @Test
    void mappingsOutliveARestart() throws Exception {
        mapAt("a", "h1", 300);
        LunInfo readOnly = house.luns.setReadOnly(WHO, "a", "h1", Optional.empty(), true);
        assertThat(readOnly.readOnly()).isTrue();
        String target = house.target();
        house.close();
        house = new House(folder, house.clock);
        assertThat(house.target())
                .isEqualTo(target)
                .matches("iqn\\.2026-11\\.io\\.tidegate:\\p{XDigit}{8}");
        MappedLun lun = Objects.requireNonNull(house.view("h1").lun(300));
        assertThat(lun.readOnly()).isTrue();
        assertThat(lun.unit().identity()).isEqualTo(readOnly.identity());
    }
}
