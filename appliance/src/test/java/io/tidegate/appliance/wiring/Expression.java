package io.tidegate.appliance.wiring;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a PromQL expression names: metrics with the labels that it matches, and the labels that it
 * groups by. Knows as much of the language as dashboards use; a word that it does not know counts
 * as a metric, and so is found out.
 */
record Expression(Map<String, Set<String>> metrics, Set<String> groups) {

    private static final Set<String> WORDS = Set.of("bool", "and", "or", "unless", "offset");
    private static final Pattern STRING = Pattern.compile("\"(?:\\\\.|[^\"\\\\])*\"");
    private static final Pattern RANGE = Pattern.compile("\\[[^\\]]*]");
    private static final Pattern GROUP =
            Pattern.compile("\\b(by|without|on|ignoring|group_left|group_right)\\s*\\(([^)]*)\\)");
    private static final Pattern SELECTOR =
            Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)\\s*(\\(|\\{([^}]*)})?");
    private static final Pattern NUMBER = Pattern.compile("\\b[0-9][0-9.]*(?:e[+-]?[0-9]+)?\\b");

    static Expression parse(String promQl) {
        String bare = STRING.matcher(promQl).replaceAll("");
        bare = RANGE.matcher(bare).replaceAll("");
        bare = NUMBER.matcher(bare).replaceAll("");
        Set<String> groups = new HashSet<>();
        Matcher group = GROUP.matcher(bare);
        while (group.find()) {
            groups.addAll(names(group.group(2)));
        }
        Map<String, Set<String>> metrics = new HashMap<>();
        Matcher selector = SELECTOR.matcher(group.replaceAll(""));
        while (selector.find()) {
            String name = selector.group(1);
            if ("(".equals(selector.group(2)) || WORDS.contains(name)) {
                continue; // a function
            }
            String matchers = selector.group(3) == null ? "" : selector.group(3);
            metrics.computeIfAbsent(name, n -> new HashSet<>())
                    .addAll(names(matchers.replaceAll("[=!~]+", "")));
        }
        return new Expression(metrics, groups);
    }

    private static List<String> names(String list) {
        List<String> names = new ArrayList<>();
        for (String part : list.split(",")) {
            if (!part.isBlank()) {
                names.add(part.strip());
            }
        }
        return names;
    }

    /**
     * What is wrong with it.
     *
     * @param known each metric that there is with its labels
     */
    List<String> faults(Map<String, Set<String>> known) {
        List<String> faults = new ArrayList<>();
        Set<String> all = new HashSet<>();
        metrics.forEach(
                (name, labels) -> {
                    Set<String> has = known.get(name);
                    if (has == null) {
                        faults.add("there is no metric " + name);
                        return;
                    }
                    all.addAll(has);
                    labels.stream()
                            .filter(label -> !has.contains(label))
                            .forEach(label -> faults.add(name + " has no label " + label));
                });
        if (metrics.isEmpty()) {
            faults.add("it names no metric");
        }
        groups.stream()
                .filter(label -> !all.contains(label))
                .forEach(label -> faults.add("nothing has the label " + label));
        return faults;
    }
}
