package io.tidegate.shell.session;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The last lines of each user, over all sessions of this run of the appliance. Secrets are never
 * part of a line, so none can be here. Safe for concurrent calls.
 */
public final class Histories {

    private static final int KEPT = 500;

    private final Map<String, Deque<String>> lines = new HashMap<>();

    /** Oldest first. */
    synchronized List<String> of(String user) {
        return new ArrayList<>(lines.getOrDefault(user, new ArrayDeque<>()));
    }

    synchronized void add(String user, String line) {
        Deque<String> mine = lines.computeIfAbsent(user, _ -> new ArrayDeque<>());
        if (line.equals(mine.peekLast())) {
            return;
        }
        mine.addLast(line);
        if (mine.size() > KEPT) {
            mine.removeFirst();
        }
    }
}
