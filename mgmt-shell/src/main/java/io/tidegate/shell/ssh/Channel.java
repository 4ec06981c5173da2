package io.tidegate.shell.ssh;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.apache.sshd.server.Environment;
import org.apache.sshd.server.ExitCallback;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.command.Command;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A channel of a session: a shell, or one command. The work is done on a thread of its own that
 * outlives the channel when it has to: a lost connection ends the waiting, never an act half-way.
 */
final class Channel implements Command {

    /** What is done on a channel; returns the exit code. */
    @FunctionalInterface
    interface Work {
        int run(Channel channel) throws IOException;
    }

    private static final Logger LOG = LoggerFactory.getLogger(Channel.class);

    private final String name;
    private final Work work;
    private final Threads threads;
    private final InputStream none = InputStream.nullInputStream();
    private InputStream in = none;
    private OutputStream out = OutputStream.nullOutputStream();
    private OutputStream err = OutputStream.nullOutputStream();
    private @Nullable ExitCallback exit;
    private @Nullable Environment environment;
    private volatile boolean gone;

    Channel(String name, Threads threads, Work work) {
        this.name = name;
        this.threads = threads;
        this.work = work;
    }

    InputStream in() {
        return in;
    }

    OutputStream out() {
        return out;
    }

    OutputStream err() {
        return err;
    }

    /** Whether the other end is gone. */
    boolean gone() {
        return gone;
    }

    Environment environment() {
        if (environment == null) {
            throw new IllegalStateException("a channel that was not started");
        }
        return environment;
    }

    /** Whether the client asked for a terminal. */
    boolean terminal() {
        return environment().getEnv().containsKey(Environment.ENV_TERM);
    }

    @Override
    public void setInputStream(InputStream stream) {
        in = stream;
    }

    @Override
    public void setOutputStream(OutputStream stream) {
        out = stream;
    }

    @Override
    public void setErrorStream(OutputStream stream) {
        err = stream;
    }

    @Override
    public void setExitCallback(ExitCallback callback) {
        exit = callback;
    }

    @Override
    public void start(ChannelSession channel, Environment env) {
        environment = env;
        threads.start(name, this::run);
    }

    @Override
    public void destroy(ChannelSession channel) {
        gone = true;
    }

    private void run() {
        int code = 70;
        try {
            code = work.run(this);
            out.flush();
            err.flush();
        } catch (IOException | UncheckedIOException e) {
            LOG.info("{}: the connection went away", name);
            LOG.debug("{}", name, e);
        } catch (RuntimeException e) {
            LOG.error("{}: a fault of the shell", name, e);
        } finally {
            if (exit != null) {
                exit.onExit(code);
            }
        }
    }
}
