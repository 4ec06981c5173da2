package io.tidegate.shell.session;

import io.tidegate.shell.command.CommandFailure;
import io.tidegate.shell.render.Selection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What follows a bar: {@code | match RE}, {@code | count}. */
final class Filters {

    private Filters() {}

    /** Refuses what is no filter, before the command is run. */
    static void check(List<List<String>> stages) throws CommandFailure {
        for (List<String> stage : stages) {
            String word = stage.getFirst();
            boolean known =
                    word.equals("match") && stage.size() == 2
                            || word.equals("count") && stage.size() == 1;
            if (!known) {
                throw CommandFailure.usage(
                        "the line was not run",
                        "'" + String.join(" ", stage) + "' is no filter",
                        "| match REGEX",
                        "| count");
            }
            if (word.equals("match")) {
                Selection.pattern(stage.get(1));
            }
        }
    }

    static String apply(String text, List<List<String>> stages) {
        List<String> lines = text.lines().toList();
        for (List<String> stage : stages) {
            if (stage.getFirst().equals("count")) {
                lines = List.of(Integer.toString(lines.size()));
            } else {
                Pattern pattern = Selection.pattern(stage.get(1));
                lines = lines.stream().filter(line -> pattern.matcher(line).find()).toList();
            }
        }
        return lines.stream().map(line -> line + "\n").collect(Collectors.joining());
    }
}
