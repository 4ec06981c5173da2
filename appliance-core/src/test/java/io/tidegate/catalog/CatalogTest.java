package io.tidegate.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.tidegate.audit.AuditFilter;
import io.tidegate.audit.AuditRecord;
import io.tidegate.audit.AuditResult;
import io.tidegate.audit.Request;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatalogTest {

    private static final Instant NOW = Instant.parse("2026-11-22T02:00:00.123456Z");
    private static final Clock CLOCK = Clock.fixed(NOW, ZoneOffset.UTC);
    private static final Request WHO =
            new Request(
                    "alice",
                    "127.0.0.1:4711",
                    "password",
                    "event add",
                    Optional.of("why not"),
                    Optional.empty());

    @TempDir Path folder;

    private Path file() {
        return folder.resolve("catalog.db");
    }

    private Catalog open() {
        return Catalog.open(file(), CLOCK);
    }

    private static void addEvent(Tx tx, long sequence) {
        tx.handle()
                .execute(
                        "insert into event (seq, at, severity, source, object, message)"
                                + " values (?, ?, 'info', 'test', '', 'x')",
                        sequence,
                        tx.nowMillis());
    }

    private static long events(Catalog catalog) {
        return catalog.read(
                handle -> handle.createQuery("select count(*) from event").mapTo(Long.class).one());
    }

    private static List<AuditRecord> records(Catalog catalog) {
        return catalog.audit(AuditFilter.newest(1000));
    }

    @Test
    void keepsItsUuidAndCountsItsGenerations() {
        Catalog first = open();
        long generation = first.generation();
        first.close();
        try (Catalog second = open()) {
            assertThat(second.uuid()).isEqualTo(first.uuid());
            assertThat(second.generation()).isEqualTo(generation + 1);
        }
    }

    @Test
    void setsEachConnectionUpToBeDurable() throws Exception {
        try (Catalog catalog = open()) {
            for (String[] pragma :
                    new String[][] {
                        {"journal_mode", "wal"},
                        {"synchronous", "2"},
                        {"foreign_keys", "1"},
                        {"busy_timeout", "5000"}
                    }) {
                String sql = "pragma " + pragma[0];
                String writing =
                        catalog.housekeeping(
                                tx -> tx.handle().createQuery(sql).mapTo(String.class).one());
                String reading = catalog.read(h -> h.createQuery(sql).mapTo(String.class).one());
                assertThat(writing).as(sql).isEqualTo(pragma[1]);
                assertThat(reading).as(sql).isEqualTo(pragma[1]);
            }
            for (String suffix : List.of("", "-wal", "-shm")) {
                Path part = folder.resolve("catalog.db" + suffix);
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(part)))
                        .as(part.toString())
                        .isEqualTo("rw-------");
            }
        }
    }

    @Test
    void writesAChangeAndItsRecordTogether() {
        try (Catalog catalog = open()) {
            long result =
                    catalog.change(
                            WHO,
                            "event:1",
                            tx -> {
                                addEvent(tx, 1);
                                tx.note("sequence", 1);
                                return 42L;
                            });
            assertThat(result).isEqualTo(42);
            assertThat(events(catalog)).isEqualTo(1);
            AuditRecord record = records(catalog).getFirst();
            assertThat(record.request()).isEqualTo(WHO);
            assertThat(record.object()).isEqualTo("event:1");
            assertThat(record.result()).isEqualTo(AuditResult.OK);
            assertThat(record.detail()).isEqualTo("{\"sequence\":1}");
            assertThat(record.at()).isEqualTo(Instant.parse("2026-11-22T02:00:00.123Z"));
            assertThat(catalog.verifyAudit().intact()).isTrue();
        }
    }

    @Test
    void rollsEverythingBackWhenTheChangeThrows() {
        try (Catalog catalog = open()) {
            List<String> ran = new ArrayList<>();
            assertThatExceptionOfType(ServiceException.class)
                    .isThrownBy(
                            () ->
                                    catalog.change(
                                            WHO,
                                            "event:1",
                                            tx -> {
                                                addEvent(tx, 1);
                                                tx.afterCommit(() -> ran.add("after"));
                                                throw ServiceException.invalid("a", "b", "c");
                                            }));
            assertThat(events(catalog)).isZero();
            assertThat(records(catalog)).isEmpty();
            assertThat(ran).isEmpty();

            ServiceException refusal = ServiceException.busy("a", "b", "c");
            assertThat(catalog.recorded(WHO, "event:1", refusal)).isSameAs(refusal);
            assertThat(records(catalog)).hasSize(1);
            assertThat(records(catalog).getFirst().result()).isEqualTo(AuditResult.REFUSED);
        }
    }

    @Test
    void runsActsAfterTheCommitOnly() {
        try (Catalog catalog = open()) {
            AtomicInteger seen = new AtomicInteger();
            catalog.change(
                    WHO,
                    "event:1",
                    tx -> {
                        addEvent(tx, 1);
                        tx.afterCommit(seen::incrementAndGet);
                        assertThat(seen).hasValue(0);
                        return true;
                    });
            assertThat(seen).hasValue(1);
        }
    }

    @Test
    void refusesToBeCalledFromInsideAChange() {
        try (Catalog catalog = open()) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> catalog.change(WHO, "event:1", tx -> events(catalog)));
            assertThatIllegalStateException()
                    .isThrownBy(
                            () ->
                                    catalog.change(
                                            WHO,
                                            "event:1",
                                            tx -> catalog.change(WHO, "event:1", inner -> 1)));
        }
    }

    @Test
    void readersCannotWrite() {
        try (Catalog catalog = open()) {
            assertThatExceptionOfType(RuntimeException.class)
                    .isThrownBy(() -> catalog.read(handle -> handle.execute("delete from event")))
                    .withStackTraceContaining("readonly");
            assertThat(events(catalog)).isZero();
        }
    }

    @Test
    void answersARepeatWithTheFirstResult() throws Exception {
        record Made(String name, long size) {}
        try (Catalog catalog = open()) {
            Request once =
                    new Request(
                            "alice",
                            "a",
                            "password",
                            "event add",
                            Optional.empty(),
                            Optional.of("id-1"));
            AtomicInteger runs = new AtomicInteger();
            Change<Made, ServiceException> change =
                    tx -> {
                        addEvent(tx, runs.incrementAndGet());
                        return new Made("n", runs.get());
                    };
            Made first = catalog.changeOnce(once, "event:1", Made.class, change);
            Made repeat = catalog.changeOnce(once, "event:1", Made.class, change);
            assertThat(repeat).isEqualTo(first);
            assertThat(runs).hasValue(1);
            assertThat(catalog.firstResult(once, Made.class)).contains(first);

            Request other =
                    new Request(
                            "bob",
                            "a",
                            "password",
                            "event add",
                            Optional.empty(),
                            Optional.of("id-1"));
            assertThatExceptionOfType(ServiceException.class)
                    .isThrownBy(() -> catalog.changeOnce(other, "event:1", Made.class, change))
                    .matches(e -> e.code() == ServiceException.Code.CONFLICT);
            assertThat(runs).hasValue(1);
        }
    }

    @Test
    void manyWritersLoseNothingAndKeepTheChainWhole() throws Exception {
        try (Catalog catalog = open()) {
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                int base = i * 25;
                threads.add(
                        Thread.ofVirtual()
                                .start(
                                        () -> {
                                            for (int k = 1; k <= 25; k++) {
                                                long sequence = base + k;
                                                catalog.change(
                                                        WHO,
                                                        "event:" + sequence,
                                                        tx -> {
                                                            addEvent(tx, sequence);
                                                            return 0;
                                                        });
                                                events(catalog);
                                            }
                                        }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(events(catalog)).isEqualTo(200);
            assertThat(records(catalog)).hasSize(200);
            assertThat(catalog.verifyAudit().intact()).isTrue();
        }
    }

    @Test
    void anInterruptedCallerChangesNothingHalf() {
        try (Catalog catalog = open()) {
            Thread.currentThread().interrupt();
            catalog.change(
                    WHO,
                    "event:1",
                    tx -> {
                        addEvent(tx, 1);
                        return 0;
                    });
            assertThat(Thread.interrupted()).isTrue();
            assertThat(events(catalog)).isEqualTo(1);
        }
    }

    @Test
    void aFailedCommitThatDidNotHappenIsSaidSoAndRecorded() {
        AtomicInteger commits = new AtomicInteger();
        Writer.Commit failsOnce =
                connection -> {
                    if (commits.incrementAndGet() == 2) {
                        throw new SQLException("disk I/O error");
                    }
                    Sqlite.commit(connection);
                };
        try (Catalog catalog = Catalog.open(file(), CLOCK, failsOnce)) {
            assertThatExceptionOfType(CatalogException.class)
                    .isThrownBy(
                            () ->
                                    catalog.change(
                                            WHO,
                                            "event:1",
                                            tx -> {
                                                addEvent(tx, 1);
                                                return 0;
                                            }))
                    .isNotInstanceOf(OutcomeUnknownException.class);
            assertThat(events(catalog)).isZero();
            assertThat(records(catalog))
                    .extracting(AuditRecord::result)
                    .containsExactly(AuditResult.FAILED);
        }
    }

    @Test
    void aCommitThatHappenedAndThenFailedIsDone() {
        AtomicInteger commits = new AtomicInteger();
        Writer.Commit failsAfter =
                connection -> {
                    Sqlite.commit(connection);
                    if (commits.incrementAndGet() == 2) {
                        throw new SQLException("disk I/O error");
                    }
                };
        try (Catalog catalog = Catalog.open(file(), CLOCK, failsAfter)) {
            int result =
                    catalog.change(
                            WHO,
                            "event:1",
                            tx -> {
                                addEvent(tx, 1);
                                return 7;
                            });
            assertThat(result).isEqualTo(7);
            assertThat(events(catalog)).isEqualTo(1);
            assertThat(catalog.verifyAudit().records()).isEqualTo(1);
        }
    }

    @Test
    void aCommitWhoseOutcomeCannotBeReadBackIsUnknown() {
        AtomicInteger commits = new AtomicInteger();
        Writer.Commit fails =
                connection -> {
                    int n = commits.incrementAndGet();
                    if (n == 2 || n == 3) {
                        throw new SQLException("disk I/O error");
                    }
                    Sqlite.commit(connection);
                };
        try (Catalog catalog = Catalog.open(file(), CLOCK, fails)) {
            assertThatExceptionOfType(OutcomeUnknownException.class)
                    .isThrownBy(
                            () ->
                                    catalog.change(
                                            WHO,
                                            "event:1",
                                            tx -> {
                                                addEvent(tx, 1);
                                                return 0;
                                            }));
            // and the next change finds a working catalog again
            catalog.change(
                    WHO,
                    "event:2",
                    tx -> {
                        addEvent(tx, 2);
                        return 0;
                    });
            assertThat(events(catalog)).isEqualTo(1);
        }
    }
}
