package io.tidegate.shell.command;

import io.tidegate.audit.Request;
import io.tidegate.shell.Caller;
import io.tidegate.shell.ShellServices;
import java.util.Optional;

/**
 * One call of a command.
 *
 * @param command as parsed, in full words, without options of output, secrets masked
 */
public record Invocation(ShellServices services, Caller caller, Console console, String command) {

    Request request(Globals globals) {
        return request(globals.reason(), globals.requestId());
    }

    Request request(Optional<String> reason, Optional<String> requestId) {
        return new Request(
                caller.user(), caller.peer(), caller.credential(), command, reason, requestId);
    }
}
