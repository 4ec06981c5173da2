package io.tidegate.appliance.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Duration;
import java.util.EnumSet;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.channel.ChannelExec;
import org.apache.sshd.client.channel.ClientChannelEvent;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.config.keys.KeyUtils;

/** An administrator with a key of his own, one command at a time over SSH. */
final class AdminShell implements AutoCloseable {

    private static final Duration CONNECT = Duration.ofSeconds(30);
    private static final Duration COMMAND = Duration.ofMinutes(5);
    private static final JsonMapper MAPPER = new JsonMapper();

    private final KeyPair key;
    private final SshClient client = SshClient.setUpDefaultClient();
    private final String hostKey;
    private ClientSession session;

    /**
     * Connects.
     *
     * @param address {@code 127.0.0.1:PORT}
     */
    AdminShell(String address, KeyPair key) throws IOException {
        this.key = key;
        String[] seen = new String[1];
        // The appliance was started by this process a moment ago, on loopback: any key is its own.
        client.setServerKeyVerifier(
                (session, remote, serverKey) -> {
                    seen[0] = KeyUtils.getFingerPrint(serverKey);
                    return true;
                });
        client.start();
        session = connect(address);
        hostKey = seen[0];
    }

    private ClientSession connect(String address) throws IOException {
        int colon = address.lastIndexOf(':');
        ClientSession made =
                client.connect(
                                "admin",
                                address.substring(0, colon),
                                Integer.parseInt(address.substring(colon + 1)))
                        .verify(CONNECT)
                        .getSession();
        made.addPublicKeyIdentity(key);
        made.auth().verify(CONNECT);
        return made;
    }

    /** Fingerprint of the server's key. */
    String hostKey() {
        return hostKey;
    }

    /**
     * Runs a command.
     *
     * @return its standard output
     * @throws IOException when its exit code is not 0, with what it said
     */
    String run(String command) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        try (ChannelExec exec = session.createExecChannel(command)) {
            exec.setOut(out);
            exec.setErr(err);
            exec.open().verify(CONNECT);
            exec.waitFor(EnumSet.of(ClientChannelEvent.CLOSED), COMMAND);
            Integer code = exec.getExitStatus();
            if (code == null || code != 0) {
                throw new IOException(
                        "'"
                                + command
                                + "' ended with "
                                + code
                                + ": "
                                + err.toString(StandardCharsets.UTF_8));
            }
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    /** Runs a command with json output. */
    JsonNode json(String command) throws IOException {
        return MAPPER.readTree(run(command + " -o json"));
    }

    @Override
    public void close() throws IOException {
        session.close();
        client.stop();
    }
}
