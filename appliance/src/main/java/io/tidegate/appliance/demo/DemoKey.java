package io.tidegate.appliance.demo;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.config.keys.writer.openssh.OpenSSHKeyPairResourceWriter;

/**
 * The demonstration's administrator key, also as files that OpenSSH can use.
 *
 * @param privateFile mode 0600
 */
public record DemoKey(KeyPair pair, Path privateFile, Path publicFile) {

    /** Makes a key and its files in an existing directory. */
    public static DemoKey make(Path directory) throws IOException {
        try {
            Files.createDirectories(directory);
            KeyPair pair = KeyUtils.generateKeyPair("ssh-ed25519", 256);
            Path secret =
                    Files.createFile(
                            directory.resolve("demo-key"),
                            PosixFilePermissions.asFileAttribute(
                                    PosixFilePermissions.fromString("rw-------")));
            try (OutputStream out = Files.newOutputStream(secret)) {
                OpenSSHKeyPairResourceWriter.INSTANCE.writePrivateKey(pair, "demo", null, out);
            }
            Path open =
                    Files.writeString(
                            directory.resolve("demo-key.pub"),
                            PublicKeyEntry.toString(pair.getPublic()) + " demo\n");
            return new DemoKey(pair, secret, open);
        } catch (GeneralSecurityException e) {
            throw new IOException("no key could be made", e);
        }
    }
}
