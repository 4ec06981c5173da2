package io.tidegate.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Barrier rule 3: a token speaks for one boot, one pool and one place, and for nothing else. */
@NullUnmarked
class BootTokenTest {

    private static final String HERE = "device 1 inode 2 mount 3";
    private static final String ATTACHED = HERE + "\ndisk 0 attached as 7";

    @TempDir Path tmpfs;

    private final UUID pool = UUID.randomUUID();
    private final UUID boot = UUID.randomUUID();

    private BootToken token(UUID ofPool, UUID ofBoot, String identity) {
        return BootToken.of(Optional.of(tmpfs), ofPool, ofBoot, identity);
    }

    private Path file(UUID ofPool) {
        return tmpfs.resolve("tidegate-pool-" + ofPool);
    }

    @Test
    void isThereFromItsMakingToItsRemoval() throws IOException {
        BootToken token = token(pool, boot, HERE);
        assertThat(token.present()).isFalse();
        token.make();
        assertThat(token(pool, boot, HERE).present()).isTrue();
        token.remove();
        assertThat(token.present()).isFalse();
        assertThat(tmpfs).isEmptyDirectory();
    }

    @Test
    void anotherBootHasNone() throws IOException {
        token(pool, boot, HERE).make();
        assertThat(token(pool, UUID.randomUUID(), HERE).present()).isFalse();
    }

    @Test
    void aPoolInAnotherPlaceHasNone() throws IOException {
        token(pool, boot, HERE).make();
        assertThat(token(pool, boot, "device 1 inode 2 mount 4").present()).isFalse();
    }

    @Test
    void anotherPoolHasNoneWhateverItsFileIsCalled() throws IOException {
        UUID other = UUID.randomUUID();
        token(pool, boot, HERE).make();
        assertThat(token(other, boot, HERE).present()).isFalse();
        Files.copy(file(pool), file(other));
        assertThat(token(other, boot, HERE).present()).isFalse();
    }

    @Test
    void aDeviceThatWasAttachedAnewEndsIt() throws IOException {
        token(pool, boot, ATTACHED).make();
        assertThat(token(pool, boot, ATTACHED).present()).isTrue();
        assertThat(token(pool, boot, HERE + "\ndisk 0 attached as 8").present()).isFalse();
        // Named by a growth that was cut off, and not used yet.
        assertThat(token(pool, boot, HERE).present()).isTrue();
    }

    @Test
    void whatIsCutOffIsNone() throws IOException {
        token(pool, boot, HERE).make();
        Files.writeString(file(pool), boot + "\n" + pool + "\n");
        assertThat(token(pool, boot, HERE).present()).isFalse();
        Files.writeString(file(pool), "");
        assertThat(token(pool, boot, HERE).present()).isFalse();
    }
}
