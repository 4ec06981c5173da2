package io.tidegate.shell.command;

import io.tidegate.shell.render.Form;
import java.util.List;
import java.util.Locale;

/** Finds the form of output in words that were perhaps not understood, for the error's own form. */
final class Forms {

    private Forms() {}

    static Form guess(List<String> words, Form fallback) {
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            String value = "";
            if (word.equals("-o") || word.equals("--output")) {
                value = i + 1 < words.size() ? words.get(i + 1) : "";
            } else if (word.startsWith("--output=")) {
                value = word.substring("--output=".length());
            } else if (word.startsWith("-o")) {
                value = word.substring(2).replace("=", "");
            }
            for (Form form : Form.values()) {
                if (form.name().equals(value.toLowerCase(Locale.ROOT))) {
                    return form;
                }
            }
        }
        return fallback;
    }
}
