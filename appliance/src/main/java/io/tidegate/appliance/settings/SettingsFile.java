package io.tidegate.appliance.settings;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the settings file: one YAML mapping; unknown keys and repeated keys are errors. */
public final class SettingsFile {

    /** More than this is no settings file. */
    static final int MAX_BYTES = 1 << 18;

    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)}");

    private static final YAMLMapper MAPPER =
            YAMLMapper.builder()
                    .addModule(new Jdk8Module())
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build();

    private SettingsFile() {}

    /**
     * What the file says; {@code ${NAME}} stands for a variable of the environment.
     *
     * @throws SettingsException with file, line and, for an unknown key, the nearest known one
     */
    public static Settings.Overrides read(Path file, Map<String, String> environment) {
        String text = "";
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new SettingsException(
                        file + " has more than " + MAX_BYTES + " bytes: not a settings file");
            }
            text = expand(Files.readString(file), file, environment);
            JsonNode tree = MAPPER.readTree(text);
            boolean empty = tree == null || tree.isMissingNode() || tree.isNull();
            return MAPPER.readValue(empty ? "{}" : text, Settings.Overrides.class);
        } catch (UnrecognizedPropertyException e) {
            throw new SettingsException(
                    file + ", line " + lineOf(e.getPropertyName(), text) + ": " + unknown(e));
        } catch (JsonProcessingException e) {
            throw new SettingsException(at(file, e) + e.getOriginalMessage());
        } catch (IOException e) {
            throw new SettingsException(
                    "settings file " + file + " cannot be read: " + e.getMessage());
        }
    }

    private static String at(Path file, JsonProcessingException e) {
        int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
        return file + (line > 0 ? ", line " + line : "") + ": ";
    }

    /** The parser's own location lies behind the key's value, often a line further. */
    private static long lineOf(String key, String text) {
        return 1
                + text.lines()
                        .takeWhile(
                                line -> !line.matches("\\s*[\"']?\\Q" + key + "\\E[\"']?\\s*:.*"))
                        .count();
    }

    private static String unknown(UnrecognizedPropertyException e) {
        String key = e.getPropertyName();
        Collection<Object> known = e.getKnownPropertyIds();
        Optional<String> near =
                known.stream()
                        .map(Object::toString)
                        .min(Comparator.comparingInt(k -> editDistance(key, k)))
                        .filter(k -> editDistance(key, k) <= Math.max(2, key.length() / 2));
        return "unknown setting '"
                + key
                + "'"
                + near.map(k -> "; did you mean '" + k + "'?").orElse("; known are " + known);
    }

    private static String expand(String text, Path file, Map<String, String> environment) {
        Matcher m = VARIABLE.matcher(text);
        return m.replaceAll(
                r -> {
                    String value = environment.get(r.group(1));
                    if (value == null) {
                        throw new SettingsException(
                                file + ": ${" + r.group(1) + "} is not set in the environment");
                    }
                    return Matcher.quoteReplacement(value);
                });
    }

    /** Insertions, deletions and replacements between two words. */
    static int editDistance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replace = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replace, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
