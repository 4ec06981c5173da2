package io.tidegate.initiator;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A tgtd of our own on a free port, with a control socket of its own. Needs root; tests that use it
 * are skipped where it cannot run, unless TIDEGATE_INTEROP is "required".
 */
final class Tgt implements AutoCloseable {

    static final String TARGET = "iqn.2026-11.io.tidegate.peer:one";

    private final Process process;
    private final int port;
    private final String control;
    private final Path directory;

    private Tgt(Process process, int port, String control, Path directory) {
        this.process = process;
        this.port = port;
        this.control = control;
        this.directory = directory;
    }

    private static @Nullable String find(String program) {
        for (String folder : List.of("/usr/sbin", "/usr/bin", "/sbin", "/bin")) {
            if (new File(folder, program).canExecute()) {
                return folder + "/" + program;
            }
        }
        return null;
    }

    static Tgt start(Path directory) throws IOException {
        boolean usable =
                find("tgtd") != null
                        && find("tgtadm") != null
                        && "root".equals(System.getProperty("user.name"));
        if (!usable && "required".equals(System.getenv("TIDEGATE_INTEROP"))) {
            throw new IllegalStateException("tgtd, tgtadm and root are required");
        }
        assumeTrue(usable, "tgtd is not installed, or this is not root");
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        // The control port only names a socket file; tgtd takes numbers up to 32767.
        String control = "" + (10_000 + port % 20_000);
        Process process =
                new ProcessBuilder(
                                "/usr/sbin/tgtd",
                                "-f",
                                "-C",
                                control,
                                "--iscsi",
                                "portal=127.0.0.1:" + port)
                        .redirectErrorStream(true)
                        .redirectOutput(directory.resolve("tgtd.log").toFile())
                        .start();
        Tgt tgt = new Tgt(process, port, control, directory);
        tgt.awaitPort();
        return tgt;
    }

    private void awaitPort() throws IOException {
        long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (true) {
            try (Socket probe = new Socket()) {
                probe.connect(portal());
                return;
            } catch (IOException e) {
                if (!process.isAlive() || System.nanoTime() - limit > 0) {
                    throw e;
                }
                LockSupport.parkNanos(20_000_000);
            }
        }
    }

    InetSocketAddress portal() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    void admin(String... arguments) throws Exception {
        List<String> line = new ArrayList<>(List.of("/usr/sbin/tgtadm", "-C", control));
        line.addAll(List.of("--lld", "iscsi"));
        line.addAll(List.of(arguments));
        Process p = new ProcessBuilder(line).redirectErrorStream(true).start();
        String output =
                new String(
                        p.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (!p.waitFor(20, TimeUnit.SECONDS) || p.exitValue() != 0) {
            throw new IOException(line + ": " + output);
        }
    }

    /** A target with a thin disk as LUN 1. */
    void target(long sizeBytes) throws Exception {
        Path backing = directory.resolve("lun");
        Files.deleteIfExists(backing);
        try (RandomAccessFile f = new RandomAccessFile(backing.toFile(), "rw")) {
            f.setLength(sizeBytes);
        }
        admin("--op", "new", "--mode", "target", "--tid", "1", "-T", TARGET);
        admin(
                "--op",
                "new",
                "--mode",
                "logicalunit",
                "--tid",
                "1",
                "--lun",
                "1",
                "-b",
                backing.toString());
        admin(
                "--op",
                "update",
                "--mode",
                "logicalunit",
                "--tid",
                "1",
                "--lun",
                "1",
                "--params",
                "thin_provisioning=1");
        for (String digest : List.of("HeaderDigest", "DataDigest")) {
            admin(
                    "--op",
                    "update",
                    "--mode",
                    "target",
                    "--tid",
                    "1",
                    "--name",
                    digest,
                    "--value",
                    "None,CRC32C");
        }
        admin("--op", "bind", "--mode", "target", "--tid", "1", "-I", "ALL");
    }

    @Override
    public void close() throws Exception {
        // tgtd does not end on SIGTERM while it has targets.
        process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        for (String file : List.of("socket." + control, "socket." + control + ".lock")) {
            Files.deleteIfExists(Path.of("/var/run/tgtd", file));
        }
    }
}
