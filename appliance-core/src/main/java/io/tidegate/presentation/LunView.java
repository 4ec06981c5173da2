package io.tidegate.presentation;

import java.util.Collection;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The LUNs of one target that one initiator sees, at one time. Immutable.
 *
 * @param host name of the host that the initiator belongs to; empty for nobody's
 */
public record LunView(String host, NavigableMap<Integer, MappedLun> luns) {

    /** What an initiator sees that no host claims. */
    public static final LunView NOTHING = new LunView("", new TreeMap<>());

    public @Nullable MappedLun lun(int number) {
        return luns.get(number);
    }

    /** All of them, by number. */
    public Collection<MappedLun> all() {
        return luns.values();
    }
}
