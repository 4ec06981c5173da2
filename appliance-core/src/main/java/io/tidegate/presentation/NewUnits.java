package io.tidegate.presentation;

import io.tidegate.volume.SnapshotId;
import io.tidegate.volume.VolumeRecord;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** How new logical units begin. */
final class NewUnits {

    private NewUnits() {}

    static UnitRecord ofVolume(Handle handle, Identities identities, VolumeRecord volume) {
        return begin(
                handle,
                identities,
                UnitKind.VOLUME,
                volume.name(),
                volume,
                volume.readOnly(),
                Optional.empty());
    }

    static UnitRecord ofSnapshot(
            Handle handle,
            Identities identities,
            String name,
            VolumeRecord volume,
            SnapshotId snapshot) {
        return begin(handle, identities, UnitKind.MOUNT, name, volume, true, Optional.of(snapshot));
    }

    private static UnitRecord begin(
            Handle handle,
            Identities identities,
            UnitKind kind,
            String name,
            VolumeRecord volume,
            boolean writeProtected,
            Optional<SnapshotId> snapshot) {
        LogicalUnitId id = LogicalUnitId.random();
        UnitShape shape =
                new UnitShape(
                        volume.shape().geometry(),
                        volume.shape().granularityBytes(),
                        volume.thin(),
                        volume.removable(),
                        writeProtected,
                        false);
        return new UnitRecord(
                id,
                kind,
                name,
                identities.next(handle, id),
                shape,
                volume.id(),
                snapshot,
                1,
                false);
    }
}
