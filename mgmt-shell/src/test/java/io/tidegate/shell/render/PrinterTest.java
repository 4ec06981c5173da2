package io.tidegate.shell.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidegate.shell.value.BadValueException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PrinterTest {

    private static final Clock NOON =
            Clock.fixed(Instant.parse("2026-11-21T12:00:00Z"), ZoneOffset.UTC);

    private record Thing(String name, long size, Optional<Instant> kept, String label) {}

    private static final Listing LIST =
            Listing.<Thing>of(
                            "ThingList",
                            List.of(
                                    new Thing("a", 1536, Optional.empty(), "x, \"y\""),
                                    new Thing(
                                            "longer",
                                            1 << 30,
                                            Optional.of(Instant.parse("2026-11-21T02:00:04.5Z")),
                                            "two\nlines")))
                    .column("name", t -> Cell.of(t.name()))
                    .column("size", t -> Cell.bytes(t.size()))
                    .column("keepUntil", t -> Cell.time(t.kept()))
                    .wide("label", t -> Cell.of(t.label()))
                    .build();

    @Test
    void tablesHaveHeadsUnitsAndHyphens() {
        assertThat(print(LIST, Style.PLAIN))
                .isEqualTo(
                        """
                        NAME    SIZE     KEEP UNTIL
                        a       1.5 KiB  -
                        longer  1 GiB    2026-11-21T02:00:04Z
                        """);
    }

    @Test
    void rawTablesHaveBytesAndNoHeadsOnDemand() {
        assertThat(print(LIST, new Style(Form.table, false, true, false)))
                .isEqualTo("a       1536        -\nlonger  1073741824  2026-11-21T02:00:04Z\n");
    }

    @Test
    void controlCharactersOfOthersDoNotReachTheTerminal() {
        assertThat(print(LIST, new Style(Form.wide, false, false, false)))
                .contains("two?lines")
                .doesNotContain("two\n");
    }

    @Test
    void jsonHasTheEnvelopeAndPlainNumbers() {
        assertThat(print(LIST, new Style(Form.json, true, false, false)))
                .isEqualTo(
                        "{\"apiVersion\":\"v1\",\"kind\":\"ThingList\",\"items\":["
                                + "{\"name\":\"a\",\"size\":1536,\"keepUntil\":null,"
                                + "\"label\":\"x, \\\"y\\\"\"},"
                                + "{\"name\":\"longer\",\"size\":1073741824,"
                                + "\"keepUntil\":\"2026-11-21T02:00:04Z\","
                                + "\"label\":\"two\\nlines\"}],\"next\":null}\n");
    }

    @Test
    void jsonLinesAreOneObjectEach() {
        assertThat(print(LIST, new Style(Form.jsonl, true, false, false)).lines())
                .hasSize(2)
                .allMatch(line -> line.startsWith("{\"name\":"));
    }

    @Test
    void csvQuotesWhatNeedsIt() {
        assertThat(print(LIST, new Style(Form.csv, true, false, false)))
                .isEqualTo(
                        "name,size,keepUntil,label\r\na,1536,,\"x, \"\"y\"\"\"\r\n"
                                + "longer,1073741824,2026-11-21T02:00:04Z,\"two\nlines\"\r\n");
    }

    @Test
    void namesAreTheFirstColumn() {
        assertThat(print(LIST, new Style(Form.name, true, false, false))).isEqualTo("a\nlonger\n");
    }

    @Test
    void filtersKnowTheTypesOfColumns() {
        assertThat(rows("size>1M")).containsExactly("longer");
        assertThat(rows("size=1536")).containsExactly("a");
        assertThat(rows("keepUntil<now")).containsExactly("longer");
        assertThat(rows("keep-until=-")).containsExactly("a");
        assertThat(rows("name~^l")).containsExactly("longer");
        assertThat(rows("name!=a")).containsExactly("longer");
        assertThatThrownBy(() -> rows("nothing=1"))
                .isInstanceOf(BadValueException.class)
                .hasMessageContaining("name, size");
        assertThatThrownBy(() -> rows("name~[")).isInstanceOf(BadValueException.class);
    }

    @Test
    void sortsCutsAndChoosesColumns() {
        Selection selection = new Selection(List.of("size"), "-size", List.of(), 1);
        assertThat(print(selection.apply(LIST, NOON), Style.PLAIN)).isEqualTo("SIZE\n1 GiB\n");
    }

    @Test
    void errorsAreFourLinesOrAnObject() {
        Failure failure =
                new Failure("BUSY", "not deleted", "in use", List.of("unmap it", "repeat"), "E-1");
        assertThat(error(failure, false))
                .isEqualTo(
                        """
                        error: BUSY  not deleted
                        why:   in use
                        fix:   unmap it
                               repeat
                        ref:   E-1
                        """);
        assertThat(error(failure, true))
                .isEqualTo(
                        "{\"error\":{\"code\":\"BUSY\",\"message\":\"not deleted\",\"cause\":\"in"
                                + " use\",\"fix\":[\"unmap it\",\"repeat\"],\"ref\":\"E-1\"}}\n");
        assertThatThrownBy(() -> new Failure("X", "m", "w", List.of(), "r"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static List<String> rows(String filter) {
        return new Selection(List.of(), "", List.of(filter), 0)
                .apply(LIST, NOON).rows().stream().map(row -> row.getFirst().raw()).toList();
    }

    private static String error(Failure failure, boolean json) {
        StringWriter text = new StringWriter();
        PrintWriter out = new PrintWriter(text);
        failure.print(json, out);
        out.flush();
        return text.toString();
    }

    private static String print(Result result, Style style) {
        StringWriter text = new StringWriter();
        PrintWriter out = new PrintWriter(text);
        Printer.print(result, style, out);
        out.flush();
        return text.toString();
    }
}
