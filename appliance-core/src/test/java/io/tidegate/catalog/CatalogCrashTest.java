package io.tidegate.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.audit.Request;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that ends in the middle of a change leaves the old state or the new one, whole. */
class CatalogCrashTest {

    @TempDir Path folder;

    /** The process that ends. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) {
            Catalog catalog = Catalog.open(Path.of(args[0]), Clock.systemUTC());
            catalog.change(
                    Request.system("add"),
                    "event:1",
                    tx -> {
                        tx.handle()
                                .execute(
                                        "insert into event (seq, at, severity, source, object,"
                                                + " message) values (1, 0, 'info', 't', '', 'm')");
                        if (args[1].equals("before")) {
                            Runtime.getRuntime().halt(9);
                        }
                        tx.afterCommit(() -> Runtime.getRuntime().halt(9));
                        return 0;
                    });
        }
    }

    private Path crash(String when) throws Exception {
        Path file = folder.resolve(when + ".db");
        Process child =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Child.class.getName(),
                                file.toString(),
                                when)
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve(when + ".log").toFile())
                        .start();
        assertThat(child.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(child.exitValue()).isEqualTo(9);
        return file;
    }

    private static void check(Path file, long rows) {
        try (Catalog catalog = Catalog.open(file, Clock.systemUTC())) {
            assertThat(
                            (long)
                                    catalog.<Long, RuntimeException>read(
                                            h ->
                                                    h.createQuery("select count(*) from event")
                                                            .mapTo(Long.class)
                                                            .one()))
                    .isEqualTo(rows);
            assertThat(catalog.verifyAudit().intact()).isTrue();
            assertThat(catalog.verifyAudit().records()).isEqualTo(rows);
        }
    }

    @Test
    void beforeTheCommitNothingHasHappened() throws Exception {
        check(crash("before"), 0);
    }

    @Test
    void afterTheCommitAllIsThere() throws Exception {
        check(crash("after"), 1);
    }
}
