package io.tidegate.appliance.settings;

/** A setting cannot be used; the message says which, why, and what to give instead. */
public final class SettingsException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public SettingsException(String message) {
        super(message);
    }
}
