package io.tidegate.appliance.settings;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A listen address.
 *
 * @param address as it was given, without brackets
 * @param port 0 to 65535; 0 takes a free one
 */
public record AddressPort(String address, int port) {

    private static final Pattern FORM =
            Pattern.compile("(?:\\[([0-9A-Fa-f:.]+)\\]|([^:\\[\\]]+)):(\\d{1,5})");

    /** Reads {@code 127.0.0.1:3260}, {@code [::1]:3260} or {@code localhost:3260}. */
    public static AddressPort parse(String text) {
        Matcher m = FORM.matcher(text.strip());
        if (!m.matches() || Integer.parseInt(m.group(3)) > 65535) {
            throw new SettingsException(
                    "'" + text + "' is no listen address: give ADDRESS:PORT, as in 127.0.0.1:3260");
        }
        String address = m.group(1) != null ? m.group(1) : m.group(2);
        return new AddressPort(address, Integer.parseInt(m.group(3)));
    }

    /** The socket address; looks up names. */
    public InetSocketAddress resolve() {
        try {
            return new InetSocketAddress(InetAddress.getByName(address), port);
        } catch (UnknownHostException e) {
            throw new SettingsException(
                    "'" + address + "' has no address here: give one of this machine's addresses");
        }
    }

    /** As hosts are told it: a name stays a name, since it is they who look it up. */
    public InetSocketAddress unresolved() {
        return InetSocketAddress.createUnresolved(address, port);
    }

    /** Whether it stands for every address of this machine. */
    boolean wildcard() {
        return address.equals("0.0.0.0") || address.matches("[0:]+");
    }

    /** Whether only this machine can reach it. */
    public boolean loopback() {
        return resolve().getAddress().isLoopbackAddress();
    }

    @Override
    public String toString() {
        return (address.indexOf(':') >= 0 ? "[" + address + "]" : address) + ":" + port;
    }
}
