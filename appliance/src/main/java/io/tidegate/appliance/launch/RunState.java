package io.tidegate.appliance.launch;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * What a running appliance tells about itself in {@code <data>/run.json}.
 *
 * @param pid process id
 * @param startedMillis when that process began, which tells it from a later one of the same number
 * @param iscsi address and port that answers
 * @param ssh as iscsi
 * @param http as iscsi
 */
record RunState(long pid, long startedMillis, String iscsi, String ssh, String http) {

    private static final JsonMapper MAPPER = new JsonMapper();

    static Path file(Path data) {
        return data.resolve("run.json");
    }

    /** The state of this process. */
    static RunState ofThisProcess(String iscsi, String ssh, String http) {
        ProcessHandle self = ProcessHandle.current();
        return new RunState(self.pid(), startOf(self), iscsi, ssh, http);
    }

    static Optional<RunState> read(Path data) throws IOException {
        try {
            return Optional.of(MAPPER.readValue(Files.readString(file(data)), RunState.class));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Replaces the file as a whole, so that a reader never sees half of it. */
    void write(Path data) throws IOException {
        Path next = data.resolve("run.json.new");
        Files.writeString(next, MAPPER.writeValueAsString(this));
        Files.move(next, file(data), StandardCopyOption.ATOMIC_MOVE);
    }

    static void remove(Path data) throws IOException {
        Files.deleteIfExists(file(data));
    }

    /** The process, if it is still the one that wrote this. */
    Optional<ProcessHandle> process() {
        return ProcessHandle.of(pid).filter(p -> p.isAlive() && startOf(p) == startedMillis);
    }

    private static long startOf(ProcessHandle process) {
        return process.info().startInstant().map(i -> i.toEpochMilli()).orElse(0L);
    }
}
