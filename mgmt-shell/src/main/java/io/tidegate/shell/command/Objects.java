package io.tidegate.shell.command;

import io.tidegate.shell.ShellServices;
import java.lang.reflect.Constructor;
import java.time.Clock;
import picocli.CommandLine;
import picocli.CommandLine.IFactory;

/** Makes verbs, converters and candidates for picocli, with what their constructors ask for. */
final class Objects implements IFactory {

    private final ShellServices services;
    private final IFactory plain = CommandLine.defaultFactory();

    Objects(ShellServices services) {
        this.services = services;
    }

    @Override
    public <K> K create(Class<K> type) throws Exception {
        for (Constructor<?> constructor : type.getDeclaredConstructors()) {
            Class<?>[] wants = constructor.getParameterTypes();
            if (wants.length == 1 && wants[0] == ShellServices.class) {
                constructor.setAccessible(true);
                return type.cast(constructor.newInstance(services));
            }
            if (wants.length == 1 && wants[0] == Clock.class) {
                constructor.setAccessible(true);
                return type.cast(constructor.newInstance(services.clock()));
            }
        }
        return plain.create(type);
    }
}
