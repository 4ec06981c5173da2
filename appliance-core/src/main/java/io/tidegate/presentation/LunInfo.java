package io.tidegate.presentation;

/**
 * A mapping as administrators see it.
 *
 * @param name of the volume, or of the mounted snapshot
 * @param held whether medium commands are refused
 */
public record LunInfo(
        String name,
        LogicalUnitId unit,
        UnitKind kind,
        String host,
        String target,
        int number,
        boolean readOnly,
        boolean held,
        UnitIdentity identity,
        long sizeBytes) {}
