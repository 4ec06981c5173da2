package io.tidegate.shell.noun;

import io.tidegate.audit.Request;
import io.tidegate.shell.Access;
import io.tidegate.shell.Caller;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.CommandFailure;
import io.tidegate.shell.command.ExitCode;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Listing;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import io.tidegate.user.UserKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code key}: public keys that let administrators in. */
@Command(
        name = "key",
        description = "Public keys that let administrators in.",
        subcommands = {KeyCommands.ListKeys.class, KeyCommands.Add.class, KeyCommands.Delete.class})
public final class KeyCommands {

    private static final String USER = "another user (role security); without it your own";

    private KeyCommands() {}

    @Command(name = "list", aliases = "ls", description = "Lists public keys.")
    @About(
            access = Access.EVERYONE,
            examples = {"key list", "key list --user anna"})
    static final class ListKeys extends Verb.Reading {
        @Option(names = "--user", paramLabel = "USER", description = USER)
        @Nullable String user;

        @Override
        public Result read() throws Exception {
            return Listing.<UserKey>of("KeyList", services().users().keys(owner(caller(), user)))
                    .column("fingerprint", k -> Cell.of(k.fingerprint()))
                    .column("type", k -> Cell.of(k.type()))
                    .column("comment", k -> Cell.of(k.comment()))
                    .column("added", "ADDED (UTC)", k -> Cell.of(k.addedAt()))
                    .wide("user", k -> Cell.of(k.user()))
                    .build();
        }
    }

    @Command(
            name = "add",
            description = "Adds a public key, in the words of the command or from the input.")
    @About(
            access = Access.EVERYONE,
            examples = {
                "key add ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA... anna@desk",
                "key add --user anna ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA..."
            })
    static final class Add extends Verb.Changing {
        @Parameters(
                paramLabel = "WORD",
                arity = "0..*",
                description = "type, key and comment; without them a line of the input is taken")
        List<String> words = new ArrayList<>();

        @Option(names = "--user", paramLabel = "USER", description = USER)
        @Nullable String user;

        @Override
        public Plan plan() throws Exception {
            return Plan.free("key add").line("user", owner(caller(), user));
        }

        @Override
        public Result apply(Request request) throws Exception {
            String line =
                    words.isEmpty()
                            ? Secrets.ask(call().console(), "Public key: ")
                            : String.join(" ", words);
            UserKey key = services().users().addKey(request, owner(caller(), user), line);
            return new Result.Done("Key", key.fingerprint(), "key " + key.fingerprint() + " added")
                    .with("user", Cell.of(key.user()))
                    .with("type", Cell.of(key.type()));
        }
    }

    @Command(name = "delete", aliases = "rm", description = "Takes a public key away.")
    @About(
            access = Access.EVERYONE,
            examples = {
                "key delete SHA256:uNiVztksCsDhcc0u9e8BrqXXKGpK0ZyWm6sUBsCCVHk",
                "key delete SHA256:uNiVztksCsDhcc0u9e8BrqXXKGpK0ZyWm6sUBsCCVHk --user anna --yes"
            })
    static final class Delete extends Verb.Changing {
        @Parameters(paramLabel = "FINGERPRINT", description = "as in key list")
        String fingerprint = "";

        @Option(names = "--user", paramLabel = "USER", description = USER)
        @Nullable String user;

        @Override
        public Plan plan() throws Exception {
            String owner = owner(caller(), user);
            int left = services().users().keys(owner).size() - 1;
            return Plan.ask("key delete " + fingerprint)
                    .line("user", owner + ", " + Math.max(0, left) + " keys stay");
        }

        @Override
        public Result apply(Request request) throws Exception {
            services().users().deleteKey(request, owner(caller(), user), fingerprint);
            return new Result.Done("Key", fingerprint, "key " + fingerprint + " is gone");
        }
    }

    private static String owner(Caller caller, @Nullable String user) throws CommandFailure {
        if (user == null || user.equals(caller.user())) {
            return caller.user();
        }
        if (!caller.may(Access.SECURE)) {
            throw new CommandFailure(
                    ExitCode.DENIED,
                    "DENIED",
                    "keys of " + user + " are not touched",
                    "only the role security may do that for others",
                    List.of("leave --user away for your own keys"));
        }
        return user;
    }
}
