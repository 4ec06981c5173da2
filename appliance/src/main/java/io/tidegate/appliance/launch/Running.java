package io.tidegate.appliance.launch;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Finds out whether an appliance runs on a data directory. */
final class Running {

    private static final int ANSWER_MILLIS = 3000;

    private Running() {}

    /**
     * The appliance that runs on the directory and answers.
     *
     * @throws LaunchException when a process holds the directory but does not answer
     */
    static Optional<RunState> find(Path data) throws IOException {
        if (!Files.isDirectory(data)) {
            return Optional.empty();
        }
        Optional<DataDirectory> free = DataDirectory.acquire(data);
        if (free.isPresent()) {
            free.get().close();
            return Optional.empty();
        }
        Optional<RunState> state = RunState.read(data);
        if (state.isPresent()
                && answers(state.get().iscsi())
                && answers(state.get().ssh())
                && answers(state.get().http())) {
            return state;
        }
        String pid = state.map(s -> "process " + s.pid()).orElse("another process");
        throw new LaunchException(
                LaunchException.CONFLICT,
                "the data directory " + data + " is held by " + pid + ", which does not answer",
                "wait if it is still starting or stopping; else look at "
                        + data.resolve("tidegate.log")
                        + " and end that process");
    }

    /** Whether something accepts connections at {@code address:port}. */
    static boolean answers(String addressAndPort) {
        int colon = addressAndPort.lastIndexOf(':');
        String host = addressAndPort.substring(0, colon).replaceAll("[\\[\\]]", "");
        int port = Integer.parseInt(addressAndPort.substring(colon + 1));
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), ANSWER_MILLIS);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
