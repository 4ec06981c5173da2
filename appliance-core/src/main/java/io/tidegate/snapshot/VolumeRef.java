package io.tidegate.snapshot;

import io.tidegate.volume.VolumeId;
import io.tidegate.volume.VolumeStore;

/**
 * A volume with the store that holds it.
 *
 * @param pool name of the store's pool
 */
public record VolumeRef(VolumeId id, String name, String pool, VolumeStore store, long sizeBytes) {}
