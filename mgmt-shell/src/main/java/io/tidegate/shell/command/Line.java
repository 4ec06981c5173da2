package io.tidegate.shell.command;

import java.util.ArrayList;
import java.util.List;

/**
 * A line as typed, cut into words and stages: {@code volume list | match db}. Single and double
 * quotes and the backslash take spaces and bars in; there are no variables and no globs, for
 * nothing here is a system's shell.
 */
public final class Line {

    private final List<List<String>> stages = new ArrayList<>();
    private List<String> words = new ArrayList<>();
    private final StringBuilder word = new StringBuilder();
    private boolean inWord;

    private Line() {}

    /**
     * The words of each stage; the first is the command, the others filter its output.
     *
     * @throws CommandFailure when a quote is not closed or a stage is empty
     */
    public static List<List<String>> parse(String text) throws CommandFailure {
        Line line = new Line();
        line.scan(text);
        if (line.stages.size() > 1 && line.stages.stream().anyMatch(List::isEmpty)) {
            throw CommandFailure.usage(
                    "the line was not run", "there is nothing on one side of a |", "help shell");
        }
        return line.stages;
    }

    private void scan(String text) throws CommandFailure {
        char quote = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote != 0) {
                if (c == quote) {
                    quote = 0;
                } else if (c == '\\' && quote == '"' && i + 1 < text.length()) {
                    word.append(text.charAt(++i));
                } else {
                    word.append(c);
                }
            } else if (c == '\'' || c == '"') {
                quote = c;
                inWord = true;
            } else if (c == '\\' && i + 1 < text.length()) {
                word.append(text.charAt(++i));
                inWord = true;
            } else if (Character.isWhitespace(c)) {
                endWord();
            } else if (c == '|') {
                endStage();
            } else if (c == '#' && !inWord) {
                break; // a comment, so that scripts can have some
            } else {
                word.append(c);
                inWord = true;
            }
        }
        if (quote != 0) {
            throw CommandFailure.usage(
                    "the line was not run", "a quote (" + quote + ") is not closed", "close it");
        }
        endStage();
    }

    private void endWord() {
        if (inWord) {
            words.add(word.toString());
            word.setLength(0);
            inWord = false;
        }
    }

    private void endStage() {
        endWord();
        stages.add(words);
        words = new ArrayList<>();
    }

    /** A word as it would have to be typed. */
    public static String quoted(String word) {
        if (!word.isEmpty() && word.matches("[A-Za-z0-9@%+=:,./_*~<>!-]+")) {
            return word;
        }
        return "'" + word.replace("'", "'\\''") + "'";
    }
}
