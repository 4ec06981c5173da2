package io.tidegate.shell.render;

/**
 * Makes text from outside (initiator names, messages of devices) harmless on a terminal: an escape
 * sequence in a host's name must not drive the administrator's screen.
 */
final class Tame {

    private Tame() {}

    /** One line without control characters. */
    static String line(String text) {
        StringBuilder out = null;
        for (int i = 0; i < text.length(); i++) {
            if (Character.isISOControl(text.charAt(i))) {
                if (out == null) {
                    out = new StringBuilder(text);
                }
                out.setCharAt(i, '?');
            }
        }
        return out == null ? text : out.toString();
    }

    /** Several lines; only line feeds and tabs remain of the control characters. */
    static String lines(String text) {
        StringBuilder out = new StringBuilder(text);
        for (int i = 0; i < out.length(); i++) {
            char c = out.charAt(i);
            if (Character.isISOControl(c) && c != '\n' && c != '\t') {
                out.setCharAt(i, '?');
            }
        }
        return out.toString();
    }
}
