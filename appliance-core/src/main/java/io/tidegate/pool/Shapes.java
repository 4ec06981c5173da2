package io.tidegate.pool;

import io.tidegate.block.Geometry;
import io.tidegate.volume.VolumeShape;

/** Shapes of volumes. */
final class Shapes {

    private Shapes() {}

    static VolumeShape resized(VolumeShape shape, long sizeBytes) {
        Geometry g = shape.geometry();
        return new VolumeShape(
                Geometry.ofBytes(sizeBytes, g.logicalBlockBytes(), g.physicalBlockBytes()),
                shape.granularityBytes());
    }
}
