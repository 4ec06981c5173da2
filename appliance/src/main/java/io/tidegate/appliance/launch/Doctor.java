package io.tidegate.appliance.launch;

import io.netty.channel.epoll.Epoll;
import io.tidegate.appliance.settings.AddressPort;
import io.tidegate.appliance.settings.Settings;
import io.tidegate.block.NativeFile;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Looks at what the appliance needs of a machine, before it is needed at night. */
final class Doctor {

    private static final long LOW_SPACE_BYTES = 10L << 30;
    private static final int FEW_FILES = 4096;
    private static final long SLOW_SYNC_MICROS = 20_000;
    private static final int SYNCS = 21;

    /** No clock was right before this was written. */
    private static final Instant EPOCH_OF_THE_PRODUCT = Instant.parse("2026-01-01T00:00:00Z");

    private final Settings settings;

    Doctor(Settings settings) {
        this.settings = settings;
    }

    List<Finding> examine() {
        List<Finding> found = new ArrayList<>();
        found.add(java());
        found.add(nativeTransport());
        boolean running = running();
        found.add(
                running
                        ? Finding.ok("ports", "held by the running appliance")
                        : port("iscsi", settings.iscsi()));
        if (!running) {
            found.add(port("ssh", settings.ssh()));
            found.add(port("http", settings.http()));
        }
        found.add(reach());
        found.add(openFiles());
        found.add(clock());
        found.add(directory());
        found.add(space());
        found.add(syncs());
        found.addAll(PoolCommand.examine(settings.data(), running));
        return found;
    }

    private boolean running() {
        try {
            return RunState.read(settings.data()).flatMap(RunState::process).isPresent();
        } catch (IOException e) {
            return false; // an unreadable state file is the directory check's finding
        }
    }

    private static Finding java() {
        return Runtime.version().feature() == 25
                ? Finding.ok("java", Runtime.version().toString())
                : Finding.bad("java", Runtime.version().toString(), "install a JDK 25");
    }

    private static Finding nativeTransport() {
        return Epoll.isAvailable()
                ? Finding.ok("native transport", "epoll")
                : Finding.warn(
                        "native transport",
                        "absent, NIO is used instead",
                        "run on Linux x86-64 for the tested transport");
    }

    private static Finding port(String name, AddressPort address) {
        String what = name + " port";
        if (address.port() == 0) {
            return Finding.ok(what, address + " takes a free one");
        }
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(address.resolve());
            return Finding.ok(what, address + " is free");
        } catch (IOException e) {
            return Finding.bad(
                    what,
                    address + ": " + e.getMessage(),
                    "end what listens there, or give another with --" + name);
        }
    }

    private Finding reach() {
        if (settings.iscsi().loopback()
                && settings.ssh().loopback()
                && settings.http().loopback()) {
            return Finding.ok("reach", "loopback only");
        }
        return Finding.warn(
                "reach",
                "a port can be reached from the network",
                "give each host a CHAP secret (host set H --chap-user U), and keep the HTTP port on"
                        + " loopback or behind a proxy with TLS");
    }

    private static Finding openFiles() {
        try {
            Optional<String> limits =
                    Files.readAllLines(Path.of("/proc/self/limits")).stream()
                            .filter(l -> l.startsWith("Max open files"))
                            .findFirst();
            String soft = limits.map(l -> l.substring(26).strip().split("\\s+")[0]).orElse("?");
            boolean few = soft.matches("\\d+") && Long.parseLong(soft) < FEW_FILES;
            return few
                    ? Finding.warn(
                            "open files", "at most " + soft, "raise the limit: ulimit -n 65536")
                    : Finding.ok("open files", "at most " + soft);
        } catch (IOException e) {
            return Finding.warn("open files", "limit not known: " + e, "look at ulimit -n");
        }
    }

    private static Finding clock() {
        Instant now = Instant.now();
        return now.isAfter(EPOCH_OF_THE_PRODUCT)
                ? Finding.ok("clock", now.toString())
                : Finding.bad(
                        "clock", now + " is in the past", "set the clock, and keep it by NTP");
    }

    private Finding directory() {
        Path data = settings.data();
        if (!Files.exists(data)) {
            return Finding.ok("data directory", data + " will be made at the first start");
        }
        try {
            Set<PosixFilePermission> rights = Files.getPosixFilePermissions(data);
            boolean open =
                    rights.contains(PosixFilePermission.OTHERS_READ)
                            || rights.contains(PosixFilePermission.OTHERS_EXECUTE)
                            || rights.contains(PosixFilePermission.OTHERS_WRITE);
            if (!Files.isWritable(data)) {
                return Finding.bad(
                        "data directory", data + " is not writable", "give it to this user");
            }
            return open
                    ? Finding.warn(
                            "data directory", data + " is open to others", "chmod 700 " + data)
                    : Finding.ok("data directory", data + " is ours alone");
        } catch (IOException e) {
            return Finding.bad("data directory", data + ": " + e, "give a readable directory");
        }
    }

    private Finding space() {
        try {
            FileStore store = Files.getFileStore(existing(settings.data()));
            long free = store.getUsableSpace();
            String seen = (free >> 30) + " GiB free on a " + store.type() + " file system";
            return free < LOW_SPACE_BYTES
                    ? Finding.warn(
                            "space", seen, "free some, or give another directory with --data")
                    : Finding.ok("space", seen);
        } catch (IOException e) {
            return Finding.bad("space", "not known: " + e, "check the file system");
        }
    }

    /** The median of a few small synced writes: what every SYNCHRONIZE CACHE will cost at least. */
    private Finding syncs() {
        Path dir = existing(settings.data());
        Path file = dir.resolve("tidegate-doctor-" + ProcessHandle.current().pid());
        long[] micros = new long[SYNCS];
        try (NativeFile probe = NativeFile.open(file, NativeFile.Flag.CREATE)) {
            ByteBuffer block = ByteBuffer.allocateDirect(4096);
            for (int i = 0; i < SYNCS; i++) {
                long start = System.nanoTime();
                probe.write(4096L * i, block.clear());
                probe.dataSync();
                micros[i] = Duration.ofNanos(System.nanoTime() - start).toNanos() / 1000;
            }
            Arrays.sort(micros);
            long median = micros[SYNCS / 2];
            String seen = "median " + median + " us, worst " + micros[SYNCS - 1] + " us";
            return median > SLOW_SYNC_MICROS
                    ? Finding.warn(
                            "sync", seen, "use a faster disk; every flush of a host waits so long")
                    : Finding.ok("sync", seen);
        } catch (IOException e) {
            return Finding.bad("sync", "a write with sync failed: " + e, "check the disk");
        } finally {
            file.toFile().delete();
        }
    }

    private static Path existing(Path path) {
        Path at = path.toAbsolutePath();
        while (!Files.isDirectory(at) && at.getParent() != null) {
            at = at.getParent();
        }
        return at;
    }
}
