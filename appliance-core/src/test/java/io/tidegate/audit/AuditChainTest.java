package io.tidegate.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tidegate.catalog.Catalog;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AuditChainTest {

    private static final Clock CLOCK =
            Clock.fixed(Instant.parse("2026-11-22T02:00:00Z"), ZoneOffset.UTC);

    @TempDir Path folder;
    private Catalog catalog;

    @BeforeEach
    void fill() {
        catalog = Catalog.open(folder.resolve("catalog.db"), CLOCK);
        for (int i = 1; i <= 5; i++) {
            String user = i % 2 == 0 ? "bob" : "alice";
            Request who =
                    new Request(
                            user,
                            "here",
                            "password",
                            "do " + i,
                            Optional.empty(),
                            Optional.empty());
            catalog.record(who, i == 3 ? "host:esx7" : "volume:db0" + i, AuditResult.OK, "x");
        }
    }

    @AfterEach
    void close() {
        catalog.close();
    }

    /** As somebody who has the file and gets past the triggers. */
    private void tamper(String sql) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("catalog.db"));
                var statement = connection.createStatement()) {
            statement.execute("drop trigger audit_record_keep");
            statement.execute("drop trigger audit_record_stay");
            assertThat(statement.executeUpdate(sql)).isPositive();
        }
    }

    @Test
    void isWholeAsItWasWritten() {
        AuditVerdict verdict = catalog.verifyAudit();
        assertThat(verdict.intact()).isTrue();
        assertThat(verdict.records()).isEqualTo(5);
        assertThat(verdict.headHash())
                .isEqualTo(catalog.audit(AuditFilter.newest(1)).getFirst().hash());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "user_name = 'mallory'",
                "origin = 'there'",
                "credential = 'x'",
                "command = 'do nothing'",
                "reason = ''",
                "request_id = 'r'",
                "object = 'volume:db99'",
                "result = 'failed'",
                "detail = '{}'",
                "at = at + 1"
            })
    void aChangedFieldIsFound(String change) throws SQLException {
        tamper("update audit_record set " + change + " where seq = 3");
        AuditVerdict verdict = catalog.verifyAudit();
        assertThat(verdict.firstBad()).contains(3L);
        assertThat(verdict.problem()).contains("record 3 was changed");
    }

    @Test
    void aRecordTakenOutIsFound() throws SQLException {
        tamper("delete from audit_record where seq = 2");
        assertThat(catalog.verifyAudit().problem()).contains("record 2 is missing");
    }

    @Test
    void recordsCutOffAtTheEndAreFound() throws SQLException {
        tamper("delete from audit_record where seq >= 4");
        assertThat(catalog.verifyAudit().problem()).contains("records after 3 are missing");
    }

    @Test
    void nothingIsChangedByMistake() {
        for (String sql :
                new String[] {
                    "update audit_record set user_name = 'x'", "delete from audit_record"
                }) {
            assertThatExceptionOfType(RuntimeException.class)
                    .isThrownBy(() -> catalog.housekeeping(tx -> tx.handle().execute(sql)))
                    .withStackTraceContaining("audit records are never");
        }
        assertThat(catalog.verifyAudit().intact()).isTrue();
    }

    @Test
    void filtersNarrow() {
        AuditFilter volumesOfBob =
                new AuditFilter(
                        Optional.of("bob"),
                        Optional.of("volume:"),
                        Optional.of(AuditResult.OK),
                        Optional.of(CLOCK.instant()),
                        Optional.of(CLOCK.instant().plusSeconds(1)),
                        10);
        assertThat(catalog.audit(volumesOfBob))
                .extracting(AuditRecord::object)
                .containsExactly("volume:db04", "volume:db02");
        AuditFilter none =
                new AuditFilter(
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(CLOCK.instant()),
                        10);
        assertThat(catalog.audit(none)).isEmpty();
    }
}
