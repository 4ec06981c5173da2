package io.tidegate.volume;

import static io.tidegate.presentation.House.WHO;
import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.presentation.House;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A catalog that was restored from an older state deletes nothing by itself. */
class PoolClaimTest {

    @TempDir Path folder;

    private static List<Path> catalogFiles(Path folder) throws Exception {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(p -> p.getFileName().toString().startsWith("catalog")).toList();
        }
    }

    @Test
    void aPoolGoesOnWithTheSameCatalog() throws Exception {
        for (int run = 0; run < 3; run++) {
            try (House house =
                    run == 0 ? House.first(folder) : new House(folder, new House.TestClock())) {
                assertThat(house.pools.mayCleanUp()).isTrue();
                PoolRecord fast = house.pools.find("fast");
                assertThat(house.pools.store(fast.id()).claim())
                        .hasValue(new StoreClaim(house.catalog.uuid(), house.catalog.generation()));
            }
        }
    }

    @Test
    void anOlderStateOfTheCatalogCleansNothingUpUntilThePoolIsAdopted() throws Exception {
        Path kept = Files.createDirectories(folder.resolve("kept"));
        try (House house = House.first(folder)) {
            house.volume("db01");
        }
        for (Path file : catalogFiles(folder)) {
            Files.copy(file, kept.resolve(file.getFileName()));
        }
        try (House house = new House(folder, new House.TestClock())) {
            house.volume("db02");
        }
        for (Path file : catalogFiles(kept)) {
            Files.copy(
                    file, folder.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        }
        try (House house = new House(folder, new House.TestClock())) {
            assertThat(house.pools.mayCleanUp()).isFalse();
            assertThat(house.pools.show("fast").problem().orElseThrow())
                    .contains("later state of this catalog");
            PoolRecord fast = house.pools.find("fast");
            assertThat(house.pools.store(fast.id()).volumes()).hasSize(2);
            house.pools.adopt(WHO, "fast");
            assertThat(house.pools.mayCleanUp()).isTrue();
        }
        try (House house = new House(folder, new House.TestClock())) {
            assertThat(house.pools.mayCleanUp()).isTrue();
        }
    }
}
