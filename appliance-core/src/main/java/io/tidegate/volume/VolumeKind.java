package io.tidegate.volume;

import java.util.Locale;

/** What a volume is for. */
public enum VolumeKind {
    /** Hosts may have it: it has a logical unit of its own. */
    VOLUME,
    /** Holds a QRV; hosts only ever see its point, by a mount. No unit of its own. */
    QRV;

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    static VolumeKind of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }
}
