package io.tidegate.shell.ssh;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.command.Command;
import org.apache.sshd.server.subsystem.SubsystemFactory;

/** Says of a subsystem that it is not there, where a bare refusal would leave its user guessing. */
final class NoSubsystem implements SubsystemFactory {

    private final String name;
    private final Threads threads;

    NoSubsystem(String name, Threads threads) {
        this.name = name;
        this.threads = threads;
    }

    @Override
    public String getName() {
        return name;
    }

    @Override
    public Command createSubsystem(ChannelSession channel) {
        return new Channel(name, threads, this::tell);
    }

    private int tell(Channel channel) throws IOException {
        String text =
                "error: NO_"
                        + name.toUpperCase(java.util.Locale.ROOT)
                        + "  this appliance has no "
                        + name
                        + ": it offers its command shell only (ssh HOST help)\n";
        channel.err().write(text.getBytes(StandardCharsets.UTF_8));
        return 1;
    }
}
