package io.tidegate.shell.noun;

import io.tidegate.audit.Request;
import io.tidegate.shell.Access;
import io.tidegate.shell.command.About;
import io.tidegate.shell.command.CommandFailure;
import io.tidegate.shell.command.Converters;
import io.tidegate.shell.command.ExitCode;
import io.tidegate.shell.command.Verb;
import io.tidegate.shell.render.Cell;
import io.tidegate.shell.render.Listing;
import io.tidegate.shell.render.Plan;
import io.tidegate.shell.render.Result;
import io.tidegate.user.Role;
import io.tidegate.user.User;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code user}: administrators. */
@Command(
        name = "user",
        description = "Administrators, their roles and passwords.",
        subcommands = {
            UserCommands.ListUsers.class,
            UserCommands.Create.class,
            UserCommands.SetRoles.class,
            UserCommands.Lock.class,
            UserCommands.Unlock.class,
            UserCommands.Password.class,
            UserCommands.Delete.class
        })
public final class UserCommands {

    private UserCommands() {}

    @Command(name = "list", aliases = "ls", description = "Lists administrators.")
    @About(
            access = Access.SECURE,
            examples = {"user list", "user list --filter locked=yes"})
    static final class ListUsers extends Verb.Reading {
        @Override
        public Result read() {
            return Listing.<User>of("UserList", services().users().list())
                    .column("name", u -> Cell.of(u.name()))
                    .column(
                            "roles",
                            u -> Cell.list(u.roles().stream().sorted().map(Role::text).toList()))
                    .column("locked", u -> Cell.of(u.locked()))
                    .column("password", u -> Cell.of(u.hasPassword()))
                    .column("mustChange", u -> Cell.of(u.mustChange()))
                    .column("lastLogin", "LAST LOGIN (UTC)", u -> Cell.time(u.lastLogin()))
                    .wide("created", u -> Cell.of(u.createdAt()))
                    .build();
        }
    }

    @Command(
            name = "create",
            description = "Makes an administrator, with a one-time password that is shown once.")
    @About(
            access = Access.SECURE,
            examples = {
                "user create anna --role operator",
                "user create auditor --role reader,security --no-password"
            })
    static final class Create extends Verb.Changing {
        @Parameters(
                paramLabel = "USER",
                description = "the name",
                converter = Converters.NewName.class)
        String name = "";

        @Option(
                names = "--role",
                required = true,
                split = ",",
                paramLabel = "ROLE",
                description = "reader, operator, admin, security; several by commas")
        List<Role> roles = new ArrayList<>();

        @Option(names = "--no-password", description = "public keys only: key add comes next")
        boolean noPassword;

        @Override
        public Plan plan() {
            return Plan.free("user create " + name).line("roles", roles.toString());
        }

        @Override
        public Result apply(Request request) throws Exception {
            User made = services().users().create(request, name, EnumSet.copyOf(roles));
            Result.Done done = done(made, "created");
            if (noPassword) {
                return done.notes(List.of("next: key add --user " + made.name() + " < key.pub"));
            }
            return oneTime(done, services().users().oneTimePassword(request, made.name()));
        }
    }

    @Command(name = "set", description = "Gives an administrator other roles.")
    @About(
            access = Access.SECURE,
            examples = {"user set anna --role admin", "user set anna --role reader --yes"})
    static final class SetRoles extends OnUser {
        @Option(
                names = "--role",
                required = true,
                split = ",",
                paramLabel = "ROLE",
                description = "reader, operator, admin, security; several by commas")
        List<Role> roles = new ArrayList<>();

        @Override
        public Plan plan() throws Exception {
            Set<Role> now = services().users().show(name).roles();
            return Plan.ask("user set " + name).line("roles", now + " to " + roles);
        }

        @Override
        public Result apply(Request request) throws Exception {
            return done(
                    services().users().setRoles(request, name, EnumSet.copyOf(roles)),
                    "has other roles from the next log-in on");
        }
    }

    @Command(name = "lock", description = "Lets an administrator in no more.")
    @About(
            access = Access.SECURE,
            examples = {"user lock anna", "user lock anna --yes --reason left"})
    static final class Lock extends OnUser {
        @Override
        public Plan plan() throws Exception {
            services().users().show(name);
            return Plan.ask("user lock " + name)
                    .line("sessions", "those that are open stay: session kill ends them");
        }

        @Override
        public Result apply(Request request) throws Exception {
            return done(services().users().lock(request, name), "is locked");
        }
    }

    @Command(name = "unlock", description = "Lets a locked administrator in again.")
    @About(
            access = Access.SECURE,
            examples = {"user unlock anna", "user unlock anna -q"})
    static final class Unlock extends OnUser {
        @Override
        public Plan plan() throws Exception {
            services().users().show(name);
            return Plan.free("user unlock " + name);
        }

        @Override
        public Result apply(Request request) throws Exception {
            return done(services().users().unlock(request, name), "is unlocked");
        }
    }

    @Command(
            name = "password",
            description = "Changes your own password, or gives another user a one-time password.")
    @About(
            access = Access.EVERYONE,
            examples = {"user password", "user password anna"})
    static final class Password extends Verb.Changing {
        @Parameters(
                paramLabel = "USER",
                arity = "0..1",
                description = "another user (role security); without it your own")
        @Nullable String name;

        private boolean own() {
            return name == null || name.equals(caller().user());
        }

        @Override
        public Plan plan() throws Exception {
            if (own()) {
                return Plan.free("user password");
            }
            if (!caller().may(Access.SECURE)) {
                throw new CommandFailure(
                        ExitCode.DENIED,
                        "DENIED",
                        "the password stays",
                        "only the role security may give others a password",
                        List.of("user password   changes your own"));
            }
            return Plan.ask("user password " + name)
                    .line("after", "the old password lets nobody in any more");
        }

        @Override
        public Result apply(Request request) throws Exception {
            if (name == null || own()) {
                String old = Secrets.ask(call().console(), "Old password: ");
                char[] fresh = Secrets.newPassword(call().console());
                services()
                        .users()
                        .changePassword(request, caller().user(), old.toCharArray(), fresh);
                return new Result.Done("User", caller().user(), "password changed");
            }
            String once = services().users().oneTimePassword(request, name);
            return oneTime(done(services().users().show(name), "has a one-time password"), once);
        }
    }

    @Command(
            name = "delete",
            aliases = "rm",
            description = "Forgets an administrator with all keys.")
    @About(
            access = Access.SECURE,
            examples = {"user delete anna", "user delete anna --yes --confirm anna"})
    static final class Delete extends OnUser {
        @Override
        public Plan plan() throws Exception {
            User u = services().users().show(name);
            return Plan.askName("user delete " + name, u.name())
                    .line("keys", services().users().keys(name).size() + " go with it");
        }

        @Override
        public Result apply(Request request) throws Exception {
            services().users().delete(request, name);
            return new Result.Done("User", name, "user " + name + " is forgotten");
        }
    }

    /** A change of one user. */
    abstract static class OnUser extends Verb.Changing {
        @Parameters(paramLabel = "USER", description = "the name")
        String name = "";
    }

    private static Result oneTime(Result.Done done, String password) {
        return done.with("oneTimePassword", Cell.of(password))
                .notes(
                        List.of(
                                "one-time password: " + password,
                                "it is shown only now, lets in once and has to be changed then"));
    }

    private static Result.Done done(User u, String what) {
        return new Result.Done("User", u.name(), "user " + u.name() + " " + what)
                .with("roles", Cell.list(u.roles().stream().sorted().map(Role::text).toList()));
    }
}
