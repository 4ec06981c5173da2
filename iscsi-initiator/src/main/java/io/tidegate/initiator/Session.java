package io.tidegate.initiator;

import io.tidegate.block.DeviceException;
import io.tidegate.initiator.InitiatorException.Reason;
import io.tidegate.initiator.OtherTasks.Logout;
import io.tidegate.initiator.OtherTasks.Management;
import io.tidegate.initiator.OtherTasks.Ping;
import io.tidegate.initiator.OtherTasks.Text;
import io.tidegate.iscsi.wire.SessionParameters;
import io.tidegate.iscsi.wire.TextPair;
import io.tidegate.scsi.LunAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A logged-in session. Safe for concurrent calls; commands go out in the order of their submission
 * as far as the target's window lets them, and are done in any order.
 *
 * <p>A session that has ended stays so: its commands fail, and a new one has to be made.
 */
public final class Session implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Session.class);
    private static final Duration LOGOUT_TIMEOUT = Duration.ofSeconds(5);

    private final InitiatorSettings settings;
    private final Connection connection;

    Session(InitiatorSettings settings, Connection connection) {
        this.settings = settings;
        this.connection = connection;
    }

    public InitiatorSettings settings() {
        return settings;
    }

    /** What was negotiated. */
    public SessionParameters parameters() {
        return connection.parameters();
    }

    /** Whether commands can still be sent. */
    public boolean isOpen() {
        return connection.ended() == null && !connection.leaving();
    }

    /** Why the session ended; empty while it has not. */
    public Optional<InitiatorException> ended() {
        return Optional.ofNullable(connection.ended());
    }

    /**
     * Sends a command and does not wait.
     *
     * @return completes on the event loop, exceptionally with {@link InitiatorException}; what
     *     depends on it must not block there
     */
    public CompletableFuture<CommandResult> submit(Command command) {
        return submit(command, false);
    }

    private CompletableFuture<CommandResult> submit(Command command, boolean ownsDataIn) {
        Duration limit = command.timeout();
        CommandTask task =
                new CommandTask(
                        command,
                        ownsDataIn,
                        deadline(limit == null ? settings.commandTimeout() : limit));
        return submit(task);
    }

    private <T> CompletableFuture<T> submit(Task<T> task) {
        InitiatorException why = connection.ended();
        if (why != null) {
            task.fail(why);
        } else if (connection.leaving() && !(task instanceof Logout)) {
            task.fail(Reason.CLOSED, "the session is being logged out");
        } else {
            connection.submit(task);
        }
        return task.future;
    }

    private static long deadline(Duration limit) {
        return System.nanoTime() + limit.toNanos();
    }

    /** Sends a command and waits for its result. */
    public CommandResult execute(Command command) throws InitiatorException {
        return await(submit(command));
    }

    /**
     * Sends a command with raw bytes and waits for its result.
     *
     * @param dataOut what to send, or null
     * @param dataInLength bytes of data-in to expect, 0 to 2^24; they come in the result
     */
    public CommandResult execute(
            long lun, byte[] cdb, @Nullable ByteBuffer dataOut, int dataInLength)
            throws InitiatorException {
        if (dataInLength < 0 || dataInLength > 1 << 24) {
            throw new IllegalArgumentException("data-in of " + dataInLength + " bytes");
        }
        ByteBuffer dataIn = dataInLength == 0 ? null : ByteBuffer.allocate(dataInLength);
        return await(submit(new Command(lun, cdb, dataOut, dataIn, null), true));
    }

    /**
     * Waits for the result of a submitted command. The thread's interrupt mark does not end the
     * wait: the command's buffers are the session's until then.
     */
    public static <T> T await(CompletableFuture<T> future) throws InitiatorException {
        try {
            return future.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof InitiatorException i) {
                throw new InitiatorException(
                        i.reason(), String.valueOf(i.getMessage()), i.loginStatus(), i);
            }
            throw e;
        }
    }

    /** Pings the target and waits for its answer. */
    public void ping() throws InitiatorException {
        await(submit(new Ping(deadline(settings.commandTimeout()))));
    }

    /**
     * Asks for a task management function and waits for the answer.
     *
     * @param function as in {@link io.tidegate.iscsi.wire.TaskFunction}; not ABORT TASK
     * @param lun the LUN's number
     * @return the response code
     */
    public int taskManagement(int function, int lun) throws InitiatorException {
        Duration limit = settings.commandTimeout();
        return await(
                submit(new Management(function, LunAddress.encode(lun), null, deadline(limit))));
    }

    /** Sends text and waits for the target's answer. */
    public List<TextPair> text(List<TextPair> pairs) throws InitiatorException {
        return await(submit(new Text(pairs, deadline(settings.commandTimeout()))));
    }

    /**
     * Opens a LUN as a device and looks at its size and limits. Closing the device leaves the
     * session open.
     */
    public RemoteLun openLun(int lun) throws DeviceException {
        return RemoteLun.open(this, lun);
    }

    /**
     * Logs out and waits for the answer, at most a few seconds; the connection is closed then in
     * any case.
     */
    @Override
    public void close() {
        if (connection.ended() != null) {
            return;
        }
        try {
            await(submit(new Logout(deadline(LOGOUT_TIMEOUT))));
        } catch (InitiatorException e) {
            LOG.debug("logout from {} was not answered: {}", settings.portal(), e.getMessage());
        }
        drop();
    }

    /** Closes the connection at once, without a logout; what is under way fails. */
    public void drop() {
        connection.close(new InitiatorException(Reason.CLOSED, "the session was closed"));
    }

    @Override
    public String toString() {
        return settings.portal() + " " + settings.targetName();
    }
}
