package io.tidegate.target.iscsi;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tidegate.block.OwnInterrupt;
import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.ServiceException.Code;
import io.tidegate.iscsi.wire.Digests;
import io.tidegate.iscsi.wire.InitiatorPdu.LoginRequest;
import io.tidegate.iscsi.wire.TextPair;
import io.tidegate.presentation.SessionTraces;
import io.tidegate.target.trace.Recording;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where recordings of sessions are ordered. All files lie in one directory; how many, how long and
 * how large is limited, so that a forgotten recording fills no disk. Safe for concurrent calls.
 */
final class TraceDesk implements SessionTraces {
    static final int MAX_RUNNING = 4;
    static final int MAX_FILES = 64;
    static final Duration LONGEST = Duration.ofHours(24);
    static final long LEAST_BYTES = 4 << 10;
    static final long MOST_BYTES = 1L << 30;
    static final int MOST_PAYLOAD = 64 << 10;

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");
    private static final String ENDING = ".pcap";
    private static final long LOOP_LIMIT_MILLIS = 2000;
    private static final Duration CLOSING = Duration.ofSeconds(10);

    /** A recording of all sessions of one initiator. */
    private record Wanted(Recording recording, int payload) {}

    private final @Nullable Path directory;
    private final Clock clock;
    private final Supplier<Collection<Session>> sessions;
    private final Map<String, Recording> all = new LinkedHashMap<>(); // guarded by this
    private final Map<String, Wanted> byInitiator = new ConcurrentHashMap<>();

    /**
     * @param directory null when nothing can be recorded
     */
    TraceDesk(@Nullable Path directory, Clock clock, Supplier<Collection<Session>> sessions) {
        this.directory = directory;
        this.clock = clock;
        this.sessions = sessions;
    }

    @Override
    public synchronized TraceInfo start(Spec spec) throws ServiceException {
        check(spec);
        List<Session> concerned = concerned(spec);
        Recording recording = begin(spec);
        all.put(spec.name(), recording);
        spec.initiator()
                .ifPresent(iqn -> byInitiator.put(iqn, new Wanted(recording, spec.payloadBytes())));
        List<CompletableFuture<Void>> listening =
                concerned.stream().map(session -> listen(session, recording, spec)).toList();
        // What is sent after the answer is recorded; a loop that is stuck listens when it can.
        CompletableFuture.allOf(listening.toArray(CompletableFuture[]::new))
                .completeOnTimeout(null, LOOP_LIMIT_MILLIS, TimeUnit.MILLISECONDS)
                .join();
        return info(recording);
    }

    private void check(Spec spec) throws ServiceException {
        if (!NAME.matcher(spec.name()).matches()) {
            throw ServiceException.invalid(
                    "'" + spec.name() + "' is no name for a trace",
                    "a name has 1 to 63 of a-z 0-9 . _ - and begins with a letter or a digit",
                    "choose a name such as esx7-slow");
        }
        if (spec.session().isPresent() == spec.initiator().isPresent()) {
            throw ServiceException.invalid(
                    "nothing is traced",
                    "either a session or an initiator has to be named, not both",
                    "session list");
        }
        boolean time = spec.limit().isPositive() && spec.limit().compareTo(LONGEST) <= 0;
        boolean size = spec.maxBytes() >= LEAST_BYTES && spec.maxBytes() <= MOST_BYTES;
        boolean payload = spec.payloadBytes() >= 0 && spec.payloadBytes() <= MOST_PAYLOAD;
        if (!time || !size || !payload) {
            throw ServiceException.invalid(
                    "nothing is traced",
                    "a trace lasts at most 24h, its file has 4KiB to 1GiB, and it keeps at most"
                            + " 64KiB of the data in a PDU",
                    "choose values within these limits");
        }
        long running = all.values().stream().filter(Recording::running).count();
        if (running >= MAX_RUNNING) {
            throw ServiceException.conflict(
                    "nothing is traced",
                    running + " traces are running, and no more may",
                    "session trace list",
                    "session trace stop NAME");
        }
    }

    private List<Session> concerned(Spec spec) throws ServiceException {
        List<Session> found = new ArrayList<>();
        for (Session session : sessions.get()) {
            boolean meant =
                    spec.session().isPresent()
                            ? session.id() == spec.session().get()
                            : session.nexusId().initiatorName().equals(spec.initiator().orElse(""));
            if (meant) {
                found.add(session);
            }
        }
        if (found.isEmpty() && spec.session().isPresent()) {
            throw ServiceException.notFound("session", "iscsi-" + spec.session().get());
        }
        Wanted other = spec.initiator().map(byInitiator::get).orElse(null);
        boolean taken = found.stream().anyMatch(s -> s.connection().tapped());
        if (taken || other != null && other.recording.running()) {
            throw ServiceException.conflict(
                    "nothing is traced",
                    "a session is in one trace at a time, and this one is in another",
                    "session trace list",
                    "session trace stop NAME");
        }
        return found;
    }

    private Recording begin(Spec spec) throws ServiceException {
        Path home = home();
        String of = spec.initiator().orElseGet(() -> "iscsi-" + spec.session().orElse(0L));
        try {
            Files.createDirectories(
                    home,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwx------")));
            try (Stream<Path> files = Files.list(home)) {
                if (files.count() >= MAX_FILES) {
                    throw ServiceException.conflict(
                            "nothing is traced",
                            home + " has " + MAX_FILES + " files, and no more may be there",
                            "session trace delete NAME");
                }
            }
            return Recording.begin(
                    new Recording.Order(
                            spec.name(), of, spec.limit(), spec.maxBytes(), clock.instant()),
                    home.resolve(spec.name() + ENDING));
        } catch (FileAlreadyExistsException e) {
            throw ServiceException.conflict(
                    "nothing is traced",
                    e.getFile() + " is there already",
                    "choose another name",
                    "session trace delete " + spec.name());
        } catch (IOException e) {
            throw new ServiceException(
                    Code.FAILED,
                    "nothing is traced",
                    "a file in " + home + " cannot be made: " + e.getMessage(),
                    List.of("look at the disk and the rights of the data directory"),
                    e);
        }
    }

    private Path home() throws ServiceException {
        if (directory == null) {
            throw ServiceException.conflict(
                    "nothing is traced",
                    "this target has no directory for traces",
                    "start it as an appliance");
        }
        return directory;
    }

    private CompletableFuture<Void> listen(Session session, Recording recording, Spec spec) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        try {
            session.loop()
                    .now(
                            () -> {
                                listen(session.connection(), recording, spec);
                                done.complete(null);
                            });
        } catch (RejectedExecutionException e) {
            recording.end("the target is closed");
            done.complete(null);
        }
        return done;
    }

    private void listen(Connection connection, Recording recording, Spec spec) {
        boolean alone = spec.session().isPresent();
        if (!connection.isClosed() && !connection.tapped()) {
            int payload = spec.payloadBytes();
            connection.tap(new PduTap(connection, recording, clock, payload, alone));
        } else if (alone) {
            recording.end("the session has ended");
        }
    }

    /** An initiator begins to log in; on the connection's loop, with its first request. */
    void loggingIn(
            Connection connection, String initiator, LoginRequest first, List<TextPair> pairs) {
        if (byInitiator.isEmpty()) {
            return;
        }
        Wanted wanted = byInitiator.get(initiator);
        if (wanted == null || !wanted.recording.running()) {
            return;
        }
        PduTap tap = new PduTap(connection, wanted.recording, clock, wanted.payload, false);
        // The request has been taken apart by now: it is put together again as one PDU.
        ByteBuf pdu = Unpooled.buffer();
        new Digests().write(pdu, first, Unpooled.wrappedBuffer(TextPair.encode(pairs)));
        tap.received(pdu);
        connection.tap(tap);
    }

    @Override
    public synchronized List<TraceInfo> list() {
        return all.values().stream().map(TraceDesk::info).toList();
    }

    @Override
    public TraceInfo stop(String name) throws ServiceException {
        Recording recording = find(name);
        finish(recording, "an administrator ended it");
        return info(recording);
    }

    private void finish(Recording recording, String why) throws ServiceException {
        recording.end(why);
        byInitiator.values().removeIf(wanted -> wanted.recording == recording);
        for (Session session : sessions.get()) {
            Connection connection = session.connection();
            session.loop().now(() -> connection.untap(recording)); // open, so its loop runs
        }
        try {
            if (!recording.awaitClosed(CLOSING)) {
                throw new ServiceException(
                        Code.TIMEOUT,
                        "trace " + recording.name() + " is not closed yet",
                        "its disk has not taken the rest in " + CLOSING.toSeconds() + " s",
                        List.of("session trace list"));
            }
        } catch (InterruptedException e) {
            OwnInterrupt.keep();
        }
    }

    private synchronized Recording find(String name) throws ServiceException {
        Recording recording = all.get(name);
        if (recording == null) {
            throw new ServiceException(
                    Code.NOT_FOUND,
                    "there is no trace " + name,
                    "no trace since the start has this name",
                    List.of("session trace list"));
        }
        return recording;
    }

    @Override
    public synchronized void delete(String name) throws ServiceException {
        Recording known = all.get(name);
        if (known != null && known.running()) {
            throw ServiceException.busy(
                    "trace " + name + " is not deleted",
                    "it is running",
                    "session trace stop " + name);
        }
        if (!NAME.matcher(name).matches()) {
            find(name);
        }
        try {
            boolean there = Files.deleteIfExists(home().resolve(name + ENDING));
            if (all.remove(name) == null && !there) {
                find(name);
            }
        } catch (IOException e) {
            throw new ServiceException(
                    Code.FAILED,
                    "trace " + name + " is not deleted",
                    String.valueOf(e.getMessage()),
                    List.of("look at the rights of the data directory"),
                    e);
        }
    }

    /** Ends all that run; the target closes. */
    void close() {
        List<Recording> running;
        synchronized (this) {
            running = all.values().stream().filter(Recording::running).toList();
        }
        byInitiator.clear();
        running.forEach(recording -> recording.end("the target was closed"));
    }

    private static TraceInfo info(Recording r) {
        return new TraceInfo(
                r.name(),
                r.file(),
                r.of(),
                r.began(),
                r.running(),
                r.bytes(),
                r.frames(),
                r.lost(),
                Optional.<String>empty().or(r::ended));
    }
}
