package io.tidegate.shell.render;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** What a command found or did; one of a few shapes, so that each form can print all commands. */
public sealed interface Result permits Listing, Result.Details, Result.Done, Result.Document, Plan {

    /**
     * One thing in full.
     *
     * @param kind such as {@code Volume}
     * @param name of the thing, for {@code -o name}
     * @param fields in the order to show; keys are lowerCamel
     * @param parts lists that belong to it, by key
     */
    record Details(
            String kind,
            String name,
            SequencedMap<String, Cell> fields,
            SequencedMap<String, Listing> parts)
            implements Result {

        public Details(String kind, String name) {
            this(kind, name, new LinkedHashMap<>(), new LinkedHashMap<>());
        }

        /** Adds a field; for building only. */
        public Details with(String key, Cell value) {
            fields.put(key, value);
            return this;
        }

        public Details with(String key, String value) {
            return with(key, Cell.of(value));
        }

        /** Adds a list that belongs to it; for building only. */
        public Details part(String key, Listing listing) {
            parts.put(key, listing);
            return this;
        }
    }

    /**
     * A change that was made.
     *
     * @param kind of the object that was changed
     * @param name of that object
     * @param message for people: {@code volume db01 created}
     * @param fields what programs want to know of it, such as an id
     * @param exitCode 0, or 7 when it was done in part
     */
    record Done(
            String kind,
            String name,
            String message,
            SequencedMap<String, Cell> fields,
            List<String> notes,
            int exitCode)
            implements Result {

        public Done(String kind, String name, String message) {
            this(kind, name, message, new LinkedHashMap<>(), List.of(), 0);
        }

        public Done with(String key, Cell value) {
            fields.put(key, value);
            return this;
        }

        /** Lines below the message that people should read: warnings, next steps. */
        public Done notes(List<String> lines) {
            return new Done(kind, name, message, fields, List.copyOf(lines), exitCode);
        }

        /** Done, but not all of it. */
        public Done partly() {
            return new Done(kind, name, message, fields, notes, 7);
        }
    }

    /** Text as it is: help, logs. In json one field. */
    record Document(String kind, String text) implements Result {}

    /** The code with which a command ends that has this result. */
    default int exitCode() {
        return 0;
    }
}
