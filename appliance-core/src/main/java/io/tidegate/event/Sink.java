package io.tidegate.event;

/** Takes events out of the house: mail, webhook, syslog. */
@FunctionalInterface
public interface Sink {

    /** Called once for each event after it is in the log; must not block. */
    void accept(Event event);
}
