package io.tidegate.shell.render;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.stream.StreamSupport;

/**
 * For programs. Lists are {@code {"apiVersion":"v1","kind":"VolumeList","items":[…],"next":null}},
 * single things bear their fields in {@code item}. Within v1 fields are only added.
 */
final class JsonPrinter {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private JsonPrinter() {}

    /** One document, in one line. */
    static String document(Result result) {
        ObjectNode root = NODES.objectNode().put("apiVersion", "v1");
        switch (result) {
            case Listing listing -> {
                root.put("kind", listing.kind());
                root.set("items", items(listing));
                if (!listing.totals().isEmpty()) {
                    ObjectNode totals = root.putObject("totals");
                    listing.totals().forEach((key, cell) -> totals.set(key, cell.json()));
                }
                root.put("next", listing.next().map(Listing.Next::from).orElse(null));
            }
            case Result.Details details -> {
                root.put("kind", details.kind());
                root.set("item", item(details));
            }
            case Result.Done done -> {
                root.put("kind", done.kind());
                root.set("item", item(done));
            }
            case Result.Document document ->
                    root.put("kind", document.kind()).put("text", document.text());
            case Plan plan -> {
                root.put("kind", "Plan");
                root.set("item", item(plan));
            }
        }
        return write(root);
    }

    /** An object for each line. */
    static List<String> lines(Result result) {
        return switch (result) {
            case Listing listing ->
                    StreamSupport.stream(items(listing).spliterator(), false)
                            .map(JsonPrinter::write)
                            .toList();
            case Result.Details details -> List.of(write(item(details)));
            case Result.Done done -> List.of(write(item(done)));
            case Result.Document document -> List.of(document(document));
            case Plan plan -> List.of(write(item(plan)));
        };
    }

    /** An error as programs read it, on the stream of errors. */
    static String error(Failure failure) {
        ObjectNode error = NODES.objectNode();
        error.put("code", failure.code());
        error.put("message", failure.message());
        error.put("cause", failure.why());
        ArrayNode fix = error.putArray("fix");
        failure.fix().forEach(fix::add);
        error.put("ref", failure.ref());
        return write(NODES.objectNode().set("error", error));
    }

    private static ArrayNode items(Listing listing) {
        ArrayNode items = NODES.arrayNode();
        for (List<Cell> row : listing.rows()) {
            ObjectNode item = items.addObject();
            for (int i = 0; i < row.size(); i++) {
                item.set(listing.columns().get(i).key(), row.get(i).json());
            }
        }
        return items;
    }

    private static ObjectNode item(Result.Details details) {
        ObjectNode item = NODES.objectNode();
        details.fields().forEach((key, cell) -> item.set(key, cell.json()));
        details.parts().forEach((key, listing) -> item.set(key, items(listing)));
        return item;
    }

    private static ObjectNode item(Result.Done done) {
        ObjectNode item = NODES.objectNode().put("name", done.name());
        item.put("message", done.message());
        done.fields().forEach((key, cell) -> item.set(key, cell.json()));
        if (!done.notes().isEmpty()) {
            ArrayNode notes = item.putArray("notes");
            done.notes().forEach(notes::add);
        }
        return item;
    }

    private static ObjectNode item(Plan plan) {
        ObjectNode item = NODES.objectNode().put("command", plan.command());
        item.put("confirmation", plan.level().name().toLowerCase(Locale.ROOT));
        ArrayNode lines = item.putArray("lines");
        plan.lines().forEach(l -> lines.addObject().put("label", l.label()).put("text", l.text()));
        return item;
    }

    private static String write(JsonNode node) {
        try {
            return MAPPER.writeValueAsString(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of plain nodes that cannot be written", e);
        }
    }
}
