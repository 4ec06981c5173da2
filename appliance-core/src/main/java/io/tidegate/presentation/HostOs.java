package io.tidegate.presentation;

import java.util.Locale;

/** What runs on a host, as a hint. */
public enum HostOs {
    LINUX,
    WINDOWS,
    ESX,
    OTHER;

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static HostOs of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }
}
