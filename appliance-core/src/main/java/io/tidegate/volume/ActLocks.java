package io.tidegate.volume;

import io.tidegate.catalog.ServiceException;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps administrative acts on one object apart: who comes second is refused at once and told what
 * is under way. In memory only: acts do not outlive the process, their intents in the catalog do.
 */
public final class ActLocks {

    private final ConcurrentHashMap<Object, String> held = new ConcurrentHashMap<>();

    /** A lock that is held; close it on any thread. */
    public interface Held extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * @param key the object's id
     * @param name the object's name, for the message
     * @param act what is to be done, such as {@code resize}
     * @throws ServiceException {@code BUSY} when another act has it
     */
    public Held hold(Object key, String name, String act) throws ServiceException {
        String other = held.putIfAbsent(key, act);
        if (other != null) {
            throw ServiceException.busy(
                    act + " of " + name + " is not begun",
                    other + " of " + name + " is under way",
                    "wait for it to end, then repeat");
        }
        return () -> held.remove(key, act);
    }
}
