package io.tidegate.shell.command;

import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Printer;
import io.tidegate.shell.render.Style;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Asks for what a plan demands, or refuses where nobody can be asked. */
final class Confirmation {

    private final Console console;
    private final Globals globals;

    Confirmation(Console console, Globals globals) {
        this.console = console;
        this.globals = globals;
    }

    /** Returns when the plan is confirmed. */
    void obtain(Plan plan) throws CommandFailure {
        if (plan.level() == Plan.Level.NONE || given(plan)) {
            return;
        }
        if (!console.terminal()) {
            throw needed(plan, "there is no terminal to ask on");
        }
        Printer.print(plan, Style.PLAIN, console.err());
        console.err().flush();
        boolean byName = plan.level() == Plan.Level.NAME;
        String prompt = byName ? "Type " + plan.confirmName() + " to go on: " : "Go on? [y/N] ";
        Optional<String> answer = console.ask(prompt).map(String::strip);
        boolean agreed =
                byName
                        ? answer.equals(Optional.of(plan.confirmName()))
                        : answer.map(a -> a.toLowerCase(Locale.ROOT))
                                .filter(a -> a.equals("y") || a.equals("yes"))
                                .isPresent();
        if (!agreed) {
            throw needed(plan, answer.isEmpty() ? "no answer was given" : "it was not confirmed");
        }
    }

    private boolean given(Plan plan) throws CommandFailure {
        if (plan.level() == Plan.Level.YES) {
            return globals.yes;
        }
        if (!globals.confirm.isEmpty() && !globals.confirm.equals(plan.confirmName())) {
            throw needed(plan, "--confirm names " + globals.confirm);
        }
        return globals.yes && !globals.confirm.isEmpty();
    }

    private static CommandFailure needed(Plan plan, String why) {
        String flags =
                plan.level() == Plan.Level.YES
                        ? " --yes"
                        : " --yes --confirm " + Line.quoted(plan.confirmName());
        return new CommandFailure(
                ExitCode.CONFIRMATION,
                "CONFIRMATION_NEEDED",
                plan.command() + " was not carried out",
                why,
                List.of(plan.command() + flags, plan.command() + " --dry-run   shows the plan"));
    }
}
