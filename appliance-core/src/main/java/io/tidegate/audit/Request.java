package io.tidegate.audit;

import java.util.Optional;

/**
 * Who asks for a change, and how it came in. Goes into the audit record.
 *
 * @param user administrator, or {@code system} for the appliance's own acts
 * @param origin address or entry point, such as {@code 127.0.0.1:50312} or {@code scheduler}
 * @param credential key fingerprint or {@code password}; empty for the appliance itself
 * @param command as parsed, with secrets masked
 * @param reason what the administrator gave with {@code --reason}
 * @param requestId makes a repeat return the first result
 */
public record Request(
        String user,
        String origin,
        String credential,
        String command,
        Optional<String> reason,
        Optional<String> requestId) {

    /** A request of the appliance itself. */
    public static Request system(String command) {
        return new Request("system", "appliance", "", command, Optional.empty(), Optional.empty());
    }

    /** The same request, for acts that are parts of what it asked for. */
    public Request withoutId() {
        return new Request(user, origin, credential, command, reason, Optional.empty());
    }
}
