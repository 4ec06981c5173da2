package io.tidegate.shell.command;

import io.tidegate.shell.Access;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What every verb has to say of itself; a test walks the tree and misses none. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface About {

    /** What it demands of its caller. */
    Access access();

    /** At least two, without the prompt. */
    String[] examples();

    /** Exit codes that its kind does not imply. */
    ExitCode[] exits() default {};
}
