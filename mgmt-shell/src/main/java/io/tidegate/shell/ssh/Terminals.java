package io.tidegate.shell.ssh;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.sshd.common.channel.PtyMode;
import org.apache.sshd.server.Environment;
import org.apache.sshd.server.Signal;
import org.jline.terminal.Attributes;
import org.jline.terminal.Attributes.ControlChar;
import org.jline.terminal.Attributes.InputFlag;
import org.jline.terminal.Attributes.LocalFlag;
import org.jline.terminal.Attributes.OutputFlag;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.ExternalTerminal;

/** Makes a terminal of a channel: type, modes (RFC 4254, 8), size, and its changes. */
final class Terminals {

    private static final Map<PtyMode, ControlChar> KEYS =
            Map.of(
                    PtyMode.VINTR, ControlChar.VINTR,
                    PtyMode.VQUIT, ControlChar.VQUIT,
                    PtyMode.VERASE, ControlChar.VERASE,
                    PtyMode.VKILL, ControlChar.VKILL,
                    PtyMode.VEOF, ControlChar.VEOF,
                    PtyMode.VSUSP, ControlChar.VSUSP,
                    PtyMode.VREPRINT, ControlChar.VREPRINT,
                    PtyMode.VWERASE, ControlChar.VWERASE,
                    PtyMode.VLNEXT, ControlChar.VLNEXT);

    private Terminals() {}

    /** A terminal on the channel; closing it leaves the channel open. */
    static Terminal of(Channel channel, Live live) throws IOException {
        Environment env = channel.environment();
        String type = type(env.getEnv().getOrDefault(Environment.ENV_TERM, ""));
        ExternalTerminal terminal =
                new ExternalTerminal(
                        "tidegate",
                        type,
                        new Noticed(channel.in(), live),
                        channel.out(),
                        StandardCharsets.UTF_8);
        terminal.setAttributes(modes(terminal.getAttributes(), env.getPtyModes()));
        terminal.setSize(size(env));
        env.addSignalListener(
                (_, _) -> {
                    terminal.setSize(size(env));
                    terminal.raise(Terminal.Signal.WINCH);
                },
                Signal.WINCH);
        return terminal;
    }

    /**
     * A type that the editor knows by itself: for any other it would ask a program of the operating
     * system, with a name that the client has chosen.
     */
    private static String type(String term) {
        if (term.isEmpty() || term.equals("dumb")) {
            return Terminal.TYPE_DUMB;
        }
        return switch (term) {
            case "ansi", "rxvt", "screen", "screen-256color", "xterm", "xterm-256color" -> term;
            default -> term.endsWith("256color") ? "xterm-256color" : "xterm";
        };
    }

    private static Attributes modes(Attributes modes, Map<PtyMode, Integer> wanted) {
        KEYS.forEach(
                (from, to) -> {
                    Integer key = wanted.get(from);
                    if (key != null) {
                        modes.setControlChar(to, key);
                    }
                });
        flag(wanted, PtyMode.ICRNL, on -> modes.setInputFlag(InputFlag.ICRNL, on));
        flag(wanted, PtyMode.INLCR, on -> modes.setInputFlag(InputFlag.INLCR, on));
        flag(wanted, PtyMode.IGNCR, on -> modes.setInputFlag(InputFlag.IGNCR, on));
        flag(wanted, PtyMode.ECHO, on -> modes.setLocalFlag(LocalFlag.ECHO, on));
        flag(wanted, PtyMode.ICANON, on -> modes.setLocalFlag(LocalFlag.ICANON, on));
        flag(wanted, PtyMode.ISIG, on -> modes.setLocalFlag(LocalFlag.ISIG, on));
        flag(wanted, PtyMode.OPOST, on -> modes.setOutputFlag(OutputFlag.OPOST, on));
        flag(wanted, PtyMode.ONLCR, on -> modes.setOutputFlag(OutputFlag.ONLCR, on));
        return modes;
    }

    private static void flag(
            Map<PtyMode, Integer> wanted, PtyMode mode, java.util.function.Consumer<Boolean> set) {
        Integer value = wanted.get(mode);
        if (value != null) {
            set.accept(value != 0);
        }
    }

    private static Size size(Environment env) {
        return new Size(
                number(env, Environment.ENV_COLUMNS, 80), number(env, Environment.ENV_LINES, 24));
    }

    private static int number(Environment env, String name, int otherwise) {
        String text = env.getEnv().getOrDefault(name, "");
        if (!text.matches("[0-9]{1,5}")) {
            return otherwise;
        }
        int value = Integer.parseInt(text);
        return value == 0 ? otherwise : Math.min(value, 1000);
    }

    /** Notices every key that is pressed. */
    private static final class Noticed extends FilterInputStream {

        private final Live live;

        Noticed(InputStream in, Live live) {
            super(in);
            this.live = live;
        }

        @Override
        public int read() throws IOException {
            int c = super.read();
            live.touched();
            return c;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int count = super.read(into, offset, length);
            live.touched();
            return count;
        }
    }
}
