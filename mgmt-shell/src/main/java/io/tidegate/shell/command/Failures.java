package io.tidegate.shell.command;

import io.tidegate.catalog.ServiceException;
import io.tidegate.job.JobInfo;
import io.tidegate.shell.render.Failure;
import io.tidegate.shell.value.BadValueException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Makes of whatever went wrong what the user reads, in one place. */
final class Failures {

    private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

    /** What is printed, and the exit code. */
    record Told(Failure failure, int exit) {}

    private Failures() {}

    /** Also logs it: the reference is found again there. */
    static Told tell(Throwable problem, String user, String command) {
        String ref = "E-%04x".formatted(ThreadLocalRandom.current().nextInt(0x10000));
        Told told =
                switch (problem) {
                    case CommandFailure f ->
                            told(f.exit(), f.code(), text(f), f.why(), f.fixes(), ref);
                    case ServiceException e ->
                            told(exit(e), e.code().name(), text(e), e.why(), e.fixes(), ref);
                    case ParameterException e -> usage(e, ref);
                    case BadValueException e ->
                            told(
                                    ExitCode.USAGE,
                                    "USAGE",
                                    "the command was not run",
                                    text(e),
                                    List.of("help"),
                                    ref);
                    default -> internal(ref);
                };
        if (told.exit() == ExitCode.INTERNAL.code()) {
            LOG.error("{} internal error in a command of {}: {}", ref, user, command, problem);
        } else {
            Failure f = told.failure();
            LOG.info("{} {} refused {}: {}: {}", ref, f.code(), user, command, f.why());
        }
        return told;
    }

    /** Why a job did not end well, as its waiting command tells it. */
    static CommandFailure ofJob(JobInfo job) {
        String message =
                "job %s (%s %s) did not end well".formatted(job.id(), job.type(), job.object());
        return job.failure()
                .map(
                        f ->
                                new CommandFailure(
                                        ExitCode.of(f.exit()),
                                        f.code(),
                                        f.message(),
                                        f.why(),
                                        f.fix().isEmpty()
                                                ? List.of("job log " + job.id())
                                                : f.fix()))
                .orElseGet(
                        () ->
                                new CommandFailure(
                                        ExitCode.FAILED,
                                        job.state().name(),
                                        message,
                                        "it is "
                                                + job.state()
                                                        .name()
                                                        .toLowerCase(java.util.Locale.ROOT),
                                        List.of("job log " + job.id())));
    }

    private static Told internal(String ref) {
        return told(
                ExitCode.INTERNAL,
                "INTERNAL",
                "the command broke on a fault of the appliance",
                "its log has the details; what was changed before may stand",
                List.of("look at the state before repeating it", "report it with the reference"),
                ref);
    }

    private static Told usage(ParameterException e, String ref) {
        List<String> fixes = new ArrayList<>();
        if (e instanceof UnmatchedArgumentException unmatched) {
            for (String suggestion : unmatched.getSuggestions()) {
                fixes.add("did you mean: " + suggestion);
            }
        }
        String name = e.getCommandLine().getCommandSpec().qualifiedName();
        String path = name.contains(" ") ? name.substring(name.indexOf(' ')) : "";
        fixes.add("help" + path);
        return told(ExitCode.USAGE, "USAGE", "the command was not run", text(e), fixes, ref);
    }

    private static ExitCode exit(ServiceException e) {
        return switch (e.code()) {
            case INVALID -> ExitCode.USAGE;
            case NOT_FOUND -> ExitCode.NOT_FOUND;
            case CONFLICT, BUSY -> ExitCode.CONFLICT;
            case CONFIRMATION_NEEDED -> ExitCode.CONFIRMATION;
            case DENIED -> ExitCode.DENIED;
            case PARTLY_DONE -> ExitCode.PARTLY;
            case TIMEOUT -> ExitCode.TIMEOUT;
            case DEVICE -> ExitCode.DEVICE;
            case NO_SPACE, FAILED -> ExitCode.FAILED;
        };
    }

    private static Told told(
            ExitCode exit, String code, String message, String why, List<String> fix, String ref) {
        return new Told(new Failure(code, message, why, fix, ref), exit.code());
    }

    private static String text(Throwable e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }
}
