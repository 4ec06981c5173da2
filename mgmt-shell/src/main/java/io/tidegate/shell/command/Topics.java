package io.tidegate.shell.command;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/** Pages of help that belong to no verb. */
final class Topics {

    private static final SequencedMap<String, String> TITLES = new LinkedHashMap<>();

    private static final String STATES =
            """
            job       running      it works, or goes on after a restart
                      done         ended well
                      failed       ended with an error; job show says why
                      cancelled    saw that it was to stop, and has cleaned up
                      interrupted  cut off by a restart, of a kind that cannot go on
            snapshot  preparing    being made; a restart removes it
                      ready        can be used
                      deleted      in the bin; undelete takes it out until the grace is over
                      destroyed    gone; only its row is kept as history
            qrv       creating     the first full copy runs; there is no point yet
                      ready        the volume is at its point
                      refreshing   changed blocks are copied; mounts show the old point
                      promoting    a promotion has begun
                      promoted     its volume is the primary now
                      deleted      in the bin
            volume    online       hosts may read and write
                      held         a promotion or recovery is not confirmed: repeat it with
                                   --hosts-stopped when no host has the LUN mounted
                      offline      taken away from hosts by an administrator
                      deleted      in the bin
            pool      writable     all is well; from its refuse threshold on it takes no new
                                   snapshots, volumes and clones
                      read-only    a sync has failed; pool reopen tells since when writes may
                                   be lost
            """;

    private static final String SHELL =
            """
            history             the commands of this session, without secrets
            watch [-n S] CMD    runs a command that only reads every S seconds (2) until Ctrl-C
            set output FORM     form of output for the session: table wide json jsonl csv name
            set                 shows what is set
            alias N=WORDS       a word of your own for this session; alias lists them
            CMD | match RE      lines that a regular expression finds; the head stays
            CMD | count         how many lines, without the head
            ?                   help at any point: volume create ?
            exit                leaves

            Nouns, verbs and options may be cut short here while they stay unique; scripts and
            ssh one-shots need full words. Scripts come over standard input, one command a line:
            ssh HOST < FILE stops at the first command that fails.
            """;

    private static final String VALUES =
            """
            sizes   512, 4k, 10GiB, 1T are binary; KB, MB, GB, TB decimal; no fractions
            spans   90s, 15m, 24h, 7d, 4w, 1y
            times   2026-11-21T01:00Z, now, -2h, today 06:00, yesterday 18:00; UTC without offset
            names   1 to 63 of a-z 0-9 . _ -; folded to lower case; snapshots are volume@name
            """;

    static {
        TITLES.put("options", "options that every verb takes");
        TITLES.put("states", "what the states of things mean");
        TITLES.put("values", "how sizes, times and names are written");
        TITLES.put("shell", "what the interactive shell has besides");
        TITLES.put("exit-codes", "how commands end");
    }

    private Topics() {}

    static boolean known(String name) {
        return TITLES.containsKey(name);
    }

    static String list() {
        StringBuilder text = new StringBuilder("help NOUN [VERB] tells more; so do:\n");
        for (Map.Entry<String, String> entry : TITLES.entrySet()) {
            text.append("  help %-10s  %s\n".formatted(entry.getKey(), entry.getValue()));
        }
        return text.toString();
    }

    static String text(String name) {
        return switch (name) {
            case "states" -> STATES;
            case "values" -> VALUES;
            case "shell" -> SHELL;
            case "exit-codes" -> exitCodes();
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static String exitCodes() {
        StringBuilder text = new StringBuilder();
        for (ExitCode exit : ExitCode.values()) {
            text.append("%3d  %s\n".formatted(exit.code(), exit.meaning()));
        }
        return text.toString();
    }
}
