package io.tidegate.shell.noun;

import io.tidegate.audit.AuditResult;
import io.tidegate.audit.Request;
import io.tidegate.shell.Access;
import io.tidegate.shell.SystemControl;
import io.tidegate.shell.SystemControl.Check;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Listing;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import java.time.Duration;
import picocli.CommandLine.Command;

/** {@code system}: the appliance as a whole. */
@Command(
        name = "system",
        description = "The appliance itself.",
        subcommands = {
            SystemCommands.Show.class,
            SystemCommands.Health.class,
            SystemCommands.Shutdown.class
        })
public final class SystemCommands {

    private SystemCommands() {}

    @Command(name = "show", description = "Shows versions, addresses and host keys.")
    @About(
            access = Access.READ,
            examples = {"system show", "system show -o json"})
    static final class Show extends Verb.Reading {
        @Override
        public Result read() {
            SystemControl system = services().system();
            Result.Details details = new Result.Details("System", "system");
            system.versions().forEach(details::with);
            details.with("started", Cell.of(system.startedAt()))
                    .with(
                            "running",
                            Cell.of(
                                    Duration.between(
                                            system.startedAt(), services().clock().instant())))
                    .with("catalog", services().catalog().uuid().toString());
            system.addresses().forEach((name, address) -> details.with(name, address));
            return details.with("hostKeys", Cell.list(system.hostKeys()));
        }
    }

    @Command(name = "health", description = "Looks whether all is well, and says what to do.")
    @About(
            access = Access.READ,
            examples = {"system health", "system health --filter well=no"})
    static final class Health extends Verb.Reading {
        @Override
        public Result read() {
            return Listing.<Check>of("HealthList", services().system().health())
                    .column("area", c -> Cell.of(c.area()))
                    .column("well", c -> Cell.of(c.well()))
                    .column("finding", c -> Cell.of(c.finding()))
                    .column("fix", c -> Cell.text(c.fix()))
                    .build();
        }
    }

    @Command(
            name = "shutdown",
            description =
                    "Ends the appliance: sessions drained, jobs stopped where they can go on.")
    @About(
            access = Access.ADMINISTER,
            examples = {"system shutdown", "system shutdown --yes --confirm shutdown"})
    static final class Shutdown extends Verb.Changing {
        @Override
        public Plan plan() {
            return Plan.askName("system shutdown", "shutdown")
                    .line("hosts", "every LUN goes away until the appliance is started again")
                    .line(
                            "jobs",
                            services().jobs().list(true, 1000).size()
                                    + " running; they go on after the start")
                    .line("after", "start it again with ./tidegate start");
        }

        @Override
        public Result apply(Request request) {
            services().catalog().record(request, "system:", AuditResult.OK, "shutdown was ordered");
            services().system().shutdown();
            return new Result.Done("System", "system", "the appliance ends now");
        }
    }
}
