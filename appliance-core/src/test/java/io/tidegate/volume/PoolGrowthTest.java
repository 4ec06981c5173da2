package io.tidegate.volume;

import static io.tidegate.presentation.House.WHO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidegate.catalog.ServiceException;
import io.tidegate.presentation.House;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the catalog keeps of a growth by devices, however it ends. */
class PoolGrowthTest {

    private static final Path A = Path.of("/dev/null");
    private static final Path B = Path.of("/dev/zero");

    @TempDir Path folder;
    private House house;

    @BeforeEach
    void makeAPool() throws Exception {
        house = House.first(folder);
        house.pools.create(WHO, spec("raw", A));
    }

    @AfterEach
    void close() throws Exception {
        house.close();
    }

    private PoolSpec spec(String name, Path device) {
        return new PoolSpec(
                name, PoolTier.FAST, folder.resolve(name), 4096, 64 << 20, List.of(device), true);
    }

    private List<Path> devices() throws ServiceException {
        return house.pools.find("raw").devices();
    }

    private static void saysWhy(Throwable thrown, String why) {
        assertThat(thrown)
                .isInstanceOfSatisfying(
                        ServiceException.class, e -> assertThat(e.why()).contains(why));
    }

    @Test
    void theRowHasWhatTheStoreHas() throws Exception {
        house.pools.grow(WHO, "raw", List.of(B));
        assertThat(devices()).containsExactly(A, B);
        assertThat(house.stores.grownBy).containsExactly(B);
        assertThatThrownBy(() -> house.pools.create(WHO, spec("other", B)))
                .satisfies(e -> saysWhy(e, "device of another pool"));
    }

    @Test
    void aRefusalLeavesTheRowAsItWas() throws Exception {
        for (StoreException.Kind kind :
                List.of(StoreException.Kind.EXISTS, StoreException.Kind.LIMIT)) {
            house.stores.refusal = kind;
            assertThatThrownBy(() -> house.pools.grow(WHO, "raw", List.of(B)))
                    .isInstanceOf(ServiceException.class)
                    .hasMessageContaining("does not grow");
            assertThat(devices()).containsExactly(A);
        }
    }

    @Test
    void whatWasCutOffIsKeptFromOthersAndFinishedByTheSameCall() throws Exception {
        house.stores.refusal = StoreException.Kind.IO;
        assertThatThrownBy(() -> house.pools.grow(WHO, "raw", List.of(B)))
                .isInstanceOf(ServiceException.class);
        assertThatThrownBy(() -> house.pools.create(WHO, spec("other", B)))
                .satisfies(e -> saysWhy(e, "device of another pool"));
        house.stores.refusal = null;
        house.pools.grow(WHO, "raw", List.of(B));
        assertThat(devices()).containsExactly(A, B);
        assertThat(house.stores.grownBy).containsExactly(B);
    }

    @Test
    void namesThatAreNoDevicesAreRefusedFirst() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "x");
        for (Path wrong : List.of(file, folder, folder.resolve("absent"))) {
            assertThatThrownBy(() -> house.pools.grow(WHO, "raw", List.of(wrong)))
                    .satisfies(e -> saysWhy(e, wrong.toString()));
        }
        assertThatThrownBy(() -> house.pools.grow(WHO, "raw", List.of(B, B)))
                .satisfies(e -> saysWhy(e, "twice"));
        assertThatThrownBy(() -> house.pools.grow(WHO, "fast", List.of(B)))
                .satisfies(e -> saysWhy(e, "lies in files"));
        assertThat(devices()).containsExactly(A);
        assertThat(house.stores.grownBy).isEmpty();
    }
}
