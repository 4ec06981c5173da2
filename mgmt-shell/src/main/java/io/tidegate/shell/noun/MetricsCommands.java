package io.tidegate.shell.noun;

import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Listing;
import io.tidegate.shell.render.Result;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code metrics}: the numbers that are also published over HTTP. */
@Command(
        name = "metrics",
        description = "Numbers of the running appliance.",
        subcommands = MetricsCommands.Show.class)
public final class MetricsCommands {

    private MetricsCommands() {}

    /** A sample line of the text format. */
    private record Sample(String name, String labels, String value) {}

    @Command(name = "show", description = "Shows metrics, all or those whose name begins so.")
    @About(
            access = Access.READ,
            examples = {
                "metrics show tidegate_volume_read_bytes_total",
                "metrics show --filter labels~db01"
            })
    static final class Show extends Verb.Reading {
        @Parameters(paramLabel = "NAME", arity = "0..1", description = "beginning of the name")
        @Nullable String prefix;

        @Override
        public Result read() {
            String wanted = prefix == null ? "" : prefix;
            return Listing.<Sample>of(
                            "MetricList",
                            samples(services().system().metrics()).stream()
                                    .filter(s -> s.name().startsWith(wanted))
                                    .toList())
                    .column("name", s -> Cell.of(s.name()))
                    .column("labels", s -> Cell.of(s.labels()))
                    .column("value", s -> Cell.of(s.value()))
                    .build();
        }
    }

    /** Samples of Prometheus' text format: {@code name{labels} value}. */
    private static List<Sample> samples(String text) {
        List<Sample> samples = new ArrayList<>();
        for (String line : text.lines().toList()) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            int open = line.indexOf('{');
            int close = line.lastIndexOf('}');
            int nameEnd = open >= 0 ? open : line.indexOf(' ');
            if (nameEnd < 0 || open >= 0 && close < open) {
                continue; // no sample; the format knows no other lines
            }
            String labels = open >= 0 ? line.substring(open + 1, close) : "";
            String rest = line.substring(open >= 0 ? close + 1 : nameEnd).strip();
            samples.add(new Sample(line.substring(0, nameEnd), labels, rest.split(" ")[0]));
        }
        return samples;
    }
}
