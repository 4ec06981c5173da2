package io.tidegate.appliance.launch;

import io.tidegate.appliance.settings.Settings;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tidegate doctor}. */
@Command(
        name = "doctor",
        description = "Checks this machine and the data directory; each finding has a fix.",
        mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {

    @Mixin SettingsOptions options = new SettingsOptions();

    @Override
    public Integer call() {
        Settings settings = options.settings();
        boolean bad = false;
        for (Finding finding : new Doctor(settings).examine()) {
            System.out.printf(
                    "%-6s %-18s %s%n", finding.state().word(), finding.what(), finding.seen());
            if (finding.state() != Finding.State.OK) {
                System.out.printf("       fix: %s%n", finding.fix());
            }
            bad |= finding.state() == Finding.State.BAD;
        }
        return bad ? 1 : 0;
    }
}
