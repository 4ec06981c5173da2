package io.tidegate.shell.noun;

import io.tidegate.presentation.ChapCredentials;
import io.tidegate.shell.command.CommandFailure;
import io.tidegate.shell.command.Console;
import io.tidegate.shell.command.ExitCode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** Asks for secrets; without a terminal they are the first lines of the input. */
final class Secrets {

    private Secrets() {}

    static ChapCredentials chap(Console console, String user, Optional<String> mutual)
            throws CommandFailure {
        byte[] secret = bytes(ask(console, "CHAP secret of " + user + ": "));
        if (mutual.isEmpty()) {
            return new ChapCredentials(user, secret, Optional.empty());
        }
        byte[] back = bytes(ask(console, "CHAP secret of " + mutual.get() + ": "));
        return new ChapCredentials(
                user, secret, Optional.of(new ChapCredentials.Mutual(mutual.get(), back)));
    }

    /** A new password, asked for twice at a terminal. */
    static char[] newPassword(Console console) throws CommandFailure {
        String fresh = ask(console, "New password: ");
        if (console.terminal() && !fresh.equals(ask(console, "The same again: "))) {
            throw CommandFailure.usage("the password stays", "the two differ", "repeat it");
        }
        return fresh.toCharArray();
    }

    static String ask(Console console, String prompt) throws CommandFailure {
        Optional<String> answer = console.askSecret(prompt).filter(text -> !text.isEmpty());
        return answer.orElseThrow(
                () ->
                        new CommandFailure(
                                ExitCode.USAGE,
                                "SECRET_NEEDED",
                                "nothing was changed",
                                "no secret was given",
                                List.of(
                                        "type it at the prompt",
                                        "or hand it in: ssh HOST COMMAND < file-with-the-secret")));
    }

    private static byte[] bytes(String secret) {
        return secret.getBytes(StandardCharsets.UTF_8);
    }
}
