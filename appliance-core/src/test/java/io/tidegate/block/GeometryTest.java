package io.tidegate.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNoException;

import org.junit.jupiter.api.Test;

class GeometryTest {

    private final Geometry geometry = Geometry.ofBytes(1 << 20, 512, 4096);

    @Test
    void countsBlocks() {
        assertThat(geometry.blocks()).isEqualTo(2048);
        assertThat(geometry.sizeBytes()).isEqualTo(1 << 20);
    }

    @Test
    void takesRangesInsideAndRefusesAllOthers() {
        assertThatNoException().isThrownBy(() -> geometry.check(0, 1 << 20));
        assertThatNoException().isThrownBy(() -> geometry.check(1 << 20, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> geometry.check(512, 1 << 20));
        assertThatIllegalArgumentException().isThrownBy(() -> geometry.check(-512, 512));
        assertThatIllegalArgumentException().isThrownBy(() -> geometry.check(100, 512));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> geometry.check(Long.MAX_VALUE - 511, 512));
    }

    @Test
    void refusesShapesThatNoHostKnows() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Geometry(520, 4096, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new Geometry(4096, 512, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new Geometry(512, 512, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> Geometry.ofBytes(1000, 512, 512));
    }
}
