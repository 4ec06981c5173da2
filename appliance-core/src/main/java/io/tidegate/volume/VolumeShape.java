package io.tidegate.volume;

import io.tidegate.block.Geometry;

/**
 * What a volume looks like to hosts; passed on to its QRV, so that a promotion changes nothing that
 * a host has cached.
 *
 * @param geometry size and block sizes
 * @param granularityBytes optimal transfer and unmap granularity that hosts are told, a power of
 *     two, at least the physical block; the store's own grain may be larger or smaller
 */
public record VolumeShape(Geometry geometry, int granularityBytes) {

    public VolumeShape {
        if (Integer.bitCount(granularityBytes) != 1
                || granularityBytes < geometry.physicalBlockBytes()
                || granularityBytes > 1 << 20) {
            throw new IllegalArgumentException("granularity of " + granularityBytes + " bytes");
        }
    }
}
