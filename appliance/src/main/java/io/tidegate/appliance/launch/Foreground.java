package io.tidegate.appliance.launch;

import io.tidegate.appliance.Appliance;
import io.tidegate.appliance.settings.Settings;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The appliance in this process, from its start to a signal or {@code system shutdown}. */
final class Foreground {

    private static final Logger log = LoggerFactory.getLogger(Foreground.class);

    private final Settings settings;
    private final Optional<Path> authorizedKey;
    private final boolean report;
    private final CountDownLatch shutdown = new CountDownLatch(1);

    Foreground(Settings settings, Optional<Path> authorizedKey, boolean report) {
        this.settings = settings;
        this.authorizedKey = authorizedKey;
        this.report = report;
    }

    int run() throws IOException, InterruptedException {
        DataDirectory directory =
                DataDirectory.acquire(settings.data())
                        .orElseThrow(
                                () ->
                                        new LaunchException(
                                                LaunchException.CONFLICT,
                                                "the data directory is held by another process",
                                                "stop it first, or give another with --data"));
        Appliance appliance = start();
        // Ends by signal as well as by command: in both cases this hook drains and flushes.
        Runtime.getRuntime()
                .addShutdownHook(
                        Thread.ofPlatform()
                                .name("shutdown")
                                .unstarted(() -> end(appliance, directory)));
        RunState.ofThisProcess(
                        appliance.iscsiAddress(), appliance.sshAddress(), appliance.httpAddress())
                .write(settings.data());
        tell(appliance);
        shutdown.await();
        return 0;
    }

    private Appliance start() {
        try {
            return Appliance.start(settings, authorizedKey, shutdown::countDown);
        } catch (IOException e) {
            log.error("the appliance could not start", e);
            boolean taken = String.valueOf(e.getMessage()).contains("Address already in use");
            throw new LaunchException(
                    taken ? LaunchException.CONFLICT : LaunchException.FAILED,
                    "the appliance could not start: " + e.getMessage(),
                    taken
                            ? "give free ports with --iscsi, --ssh and --http (port 0 takes one)"
                            : "./tidegate doctor names what is wrong with this machine");
        }
    }

    private void tell(Appliance appliance) {
        appliance.report().forEach(System.out::println);
        if (report) {
            System.out.println(Background.READY);
            System.out.flush();
            // Nobody reads this pipe any more; a stray print must not end in an error.
            System.setOut(
                    new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8));
        }
    }

    private void end(Appliance appliance, DataDirectory directory) {
        try {
            appliance.close();
            RunState.remove(settings.data());
            directory.close();
        } catch (IOException e) {
            log.error("the appliance did not end cleanly; the next start recovers", e);
        }
    }
}
