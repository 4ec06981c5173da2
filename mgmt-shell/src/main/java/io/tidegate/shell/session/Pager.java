package io.tidegate.shell.session;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;

/** Shows what is longer than the screen a page at a time: space, Enter for a line, q to stop. */
final class Pager {

    private static final String MORE = "--more-- (space, Enter, q)";

    private Pager() {}

    static void show(Terminal terminal, String text) {
        List<String> lines = text.lines().toList();
        PrintWriter out = terminal.writer();
        int page = terminal.getRows() - 1;
        if (page < 3 || lines.size() <= page) {
            out.print(text);
            out.flush();
            return;
        }
        int shown = 0;
        int want = page;
        while (shown < lines.size()) {
            while (shown < lines.size() && want > 0) {
                out.print(lines.get(shown++) + "\n");
                want--;
            }
            if (shown < lines.size()) {
                want = ask(terminal, page);
                if (want == 0) {
                    return;
                }
            }
        }
        out.flush();
    }

    private static int ask(Terminal terminal, int page) {
        PrintWriter out = terminal.writer();
        out.print(MORE);
        out.flush();
        Attributes before = terminal.enterRawMode();
        try {
            while (true) {
                int key = terminal.reader().read();
                switch (key) {
                    case ' ' -> {
                        return page;
                    }
                    case '\r', '\n' -> {
                        return 1;
                    }
                    case 'q', 'Q', 3, 4, -1, -2 -> {
                        return 0;
                    }
                    default -> {}
                }
            }
        } catch (IOException e) {
            return 0; // the connection is gone, and the page with it
        } finally {
            terminal.setAttributes(before);
            out.print("\r" + " ".repeat(MORE.length()) + "\r");
            out.flush();
        }
    }
}
