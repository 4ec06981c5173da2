package io.tidegate.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretBoxTest {

    private static final byte[] SECRET = "correct horse battery".getBytes(StandardCharsets.UTF_8);

    @TempDir Path folder;

    @Test
    void givesBackWhatItSealedAfterAReopening() throws Exception {
        Path file = folder.resolve("secret.key");
        String sealed = SecretBox.open(file).seal("host:1:chap", SECRET);
        assertThat(sealed).doesNotContain("horse");
        assertThat(SecretBox.open(file).open("host:1:chap", sealed)).isEqualTo(SECRET);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void neverSealsTwiceAlike() throws Exception {
        SecretBox box = SecretBox.open(folder.resolve("secret.key"));
        assertThat(box.seal("p", SECRET)).isNotEqualTo(box.seal("p", SECRET));
    }

    @Test
    void opensNothingThatWasMovedChangedOrSealedByAnother() throws Exception {
        SecretBox box = SecretBox.open(folder.resolve("secret.key"));
        String sealed = box.seal("host:1:chap", SECRET);
        // Not at the end, where some bits of a Base64 character may stand for nothing.
        int at = sealed.length() / 2;
        String changed =
                sealed.substring(0, at)
                        + (sealed.charAt(at) == 'A' ? 'B' : 'A')
                        + sealed.substring(at + 1);
        assertThatExceptionOfType(CatalogException.class)
                .isThrownBy(() -> box.open("host:2:chap", sealed));
        assertThatExceptionOfType(CatalogException.class)
                .isThrownBy(() -> box.open("host:1:chap", changed));
        assertThatExceptionOfType(CatalogException.class)
                .isThrownBy(() -> box.open("host:1:chap", "v1:AAAA"));
        SecretBox other = SecretBox.open(folder.resolve("other.key"));
        assertThatExceptionOfType(CatalogException.class)
                .isThrownBy(() -> other.open("host:1:chap", sealed));
    }

    @Test
    void refusesAKeyThatOthersMayRead() throws Exception {
        Path file = folder.resolve("secret.key");
        SecretBox.open(file);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> SecretBox.open(file));
    }
}
