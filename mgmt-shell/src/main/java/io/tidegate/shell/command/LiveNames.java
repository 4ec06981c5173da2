package io.tidegate.shell.command;

import io.tidegate.shell.ShellServices;
import java.util.Iterator;
import java.util.List;

/**
 * Names of objects that exist now, for completion. Given to picocli as the candidates of a
 * parameter; asked each time anew, on the shell's own thread.
 */
public abstract class LiveNames implements Iterable<String> {

    private final ShellServices services;

    protected LiveNames(ShellServices services) {
        this.services = services;
    }

    /** The names, in any order. */
    protected abstract List<String> names(ShellServices all) throws Exception;

    @Override
    public final Iterator<String> iterator() {
        try {
            return names(services).iterator();
        } catch (Exception e) {
            throw new IllegalStateException("no candidates", e);
        }
    }
}
