package io.tidegate.volume;

import java.util.Locale;

/** How full a pool is, as its thresholds divide it. */
enum SpaceLevel {
    OK,
    WARN,
    CRITICAL,
    REFUSE;

    /** A level is left this far below its threshold, so that a pool at the edge is told of once. */
    static final int SLACK_PERCENT = 2;

    /** From how full on it holds. */
    int from(PoolThresholds thresholds) {
        return switch (this) {
            case OK -> 0;
            case WARN -> thresholds.warnPercent();
            case CRITICAL -> thresholds.criticalPercent();
            case REFUSE -> thresholds.refusePercent();
        };
    }

    /** The level after this one, at so many percent. */
    SpaceLevel next(int usedPercent, PoolThresholds thresholds) {
        SpaceLevel level = this;
        for (SpaceLevel higher : values()) {
            if (higher.compareTo(level) > 0 && usedPercent >= higher.from(thresholds)) {
                level = higher;
            }
        }
        while (level != OK && usedPercent <= level.from(thresholds) - SLACK_PERCENT) {
            level = values()[level.ordinal() - 1];
        }
        return level;
    }

    String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    static SpaceLevel of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }
}
