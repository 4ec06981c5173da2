package io.tidegate.volume;

import java.util.UUID;

/** A volume, for life. */
public record VolumeId(UUID value) {

    public static VolumeId random() {
        return new VolumeId(UUID.randomUUID());
    }

    public static VolumeId of(String text) {
        return new VolumeId(UUID.fromString(text));
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
