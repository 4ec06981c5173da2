package io.tidegate.shell.noun;

import java.util.List;

/** All nouns, in the order in which help lists them. */
public final class Nouns {

    /** For {@link io.tidegate.shell.command.Tree}. */
    public static final List<Class<?>> ALL =
            List.of(
                    PoolCommands.class,
                    VolumeCommands.class,
                    HostCommands.class,
                    TargetCommands.class,
                    LunCommands.class,
                    SnapshotCommands.class,
                    QrvCommands.class,
                    RecoverCommands.class,
                    CopyCommands.class,
                    JobCommands.class,
                    SessionCommands.class,
                    UserCommands.class,
                    KeyCommands.class,
                    EventCommands.class,
                    AuditCommands.class,
                    SystemCommands.class,
                    MetricsCommands.class);

    private Nouns() {}
}
