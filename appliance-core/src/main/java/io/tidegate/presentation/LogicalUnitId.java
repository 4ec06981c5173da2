package io.tidegate.presentation;

import java.util.UUID;

/** A logical unit, for life: whatever volume it points at. */
public record LogicalUnitId(UUID value) {

    public static LogicalUnitId random() {
        return new LogicalUnitId(UUID.randomUUID());
    }

    public static LogicalUnitId of(String text) {
        return new LogicalUnitId(UUID.fromString(text));
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
