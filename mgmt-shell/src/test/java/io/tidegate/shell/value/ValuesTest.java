package io.tidegate.shell.value;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ValuesTest {

    private static final Clock NOON =
            Clock.fixed(Instant.parse("2026-11-21T12:00:00Z"), ZoneOffset.UTC);

    @ParameterizedTest
    @CsvSource({
        "512, 512",
        "4k, 4096",
        "4KiB, 4096",
        "4KB, 4000",
        "10GiB, 10737418240",
        "1T, 1099511627776",
        "1 TB, 1000000000000",
        "0, 0"
    })
    void readsSizes(String text, long bytes) {
        assertThat(Sizes.parse(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "k", "1.5T", "-1", "10 apples", "9999999999T", "99999999999999999999"})
    void refusesWhatIsNoSize(String text) {
        assertThatThrownBy(() -> Sizes.parse(text)).isInstanceOf(BadValueException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "1023, 1023 B",
        "1024, 1 KiB",
        "1536, 1.5 KiB",
        "536870912000, 500 GiB",
        "1288490189, 1.2 GiB",
        "2047, 1.9 KiB",
        "-1024, -1 KiB"
    })
    void printsSizesRoundedDown(long bytes, String text) {
        assertThat(Sizes.format(bytes)).isEqualTo(text);
    }

    @Test
    void readsAndPrintsSpans() {
        assertThat(Spans.parse("90s")).isEqualTo(Duration.ofSeconds(90));
        assertThat(Spans.parse("4w")).isEqualTo(Duration.ofDays(28));
        assertThat(Spans.parse("1y")).isEqualTo(Duration.ofDays(365));
        assertThat(Spans.format(Duration.ofMinutes(11 * 60 + 4))).isEqualTo("11 h 04 min");
        assertThat(Spans.format(Duration.ofMillis(250))).isEqualTo("250 ms");
        assertThatThrownBy(() -> Spans.parse("1.5h")).isInstanceOf(BadValueException.class);
        assertThatThrownBy(() -> Spans.parse("10")).isInstanceOf(BadValueException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "now, 2026-11-21T12:00:00Z",
        "-2h, 2026-11-21T10:00:00Z",
        "yesterday 18:00, 2026-11-20T18:00:00Z",
        "today, 2026-11-21T00:00:00Z",
        "2026-11-21T01:00Z, 2026-11-21T01:00:00Z",
        "2026-11-21T01:00:30+01:00, 2026-11-21T00:00:30Z",
        "2026-11-21T01:00, 2026-11-21T01:00:00Z",
        "2026-11-20, 2026-11-20T00:00:00Z"
    })
    void readsTimes(String text, String instant) {
        assertThat(Moments.parse(text, NOON)).isEqualTo(Instant.parse(instant));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "later", "-2", "yesterday 25:00", "2026-13-01"})
    void refusesWhatIsNoTime(String text) {
        assertThatThrownBy(() -> Moments.parse(text, NOON)).isInstanceOf(BadValueException.class);
    }

    @Test
    void foldsNames() {
        assertThat(Names.plain("DB01")).isEqualTo("db01");
        assertThat(Names.iscsi("IQN.1998-01.com.Example:ESX7"))
                .isEqualTo("iqn.1998-01.com.example:esx7");
        assertThatThrownBy(() -> Names.plain("-x")).isInstanceOf(BadValueException.class);
        assertThatThrownBy(() -> Names.plain("a".repeat(64))).isInstanceOf(BadValueException.class);
        assertThatThrownBy(() -> Names.iscsi("esx7")).isInstanceOf(BadValueException.class);
    }
}
