package io.tidegate.shell.session;

/** Hears when a session works, so that nobody is thrown out while a command runs. */
public interface Activity {

    void begin();

    void end();
}
