package io.tidegate.user;

import io.tidegate.catalog.ServiceException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Set;

/**
 * One line of an OpenSSH authorized_keys file: type, base 64, comment. Options before the type are
 * refused, since nothing here would obey them.
 *
 * @param type such as {@code ssh-ed25519}
 * @param blob the key as it goes over the wire (RFC 4253, 6.6), in base 64
 * @param comment may be empty
 */
public record PublicKeyLine(String type, String blob, String comment) {

    private static final Set<String> TYPES =
            Set.of(
                    "ssh-ed25519",
                    "ssh-rsa",
                    "ecdsa-sha2-nistp256",
                    "ecdsa-sha2-nistp384",
                    "ecdsa-sha2-nistp521",
                    "sk-ssh-ed25519@openssh.com",
                    "sk-ecdsa-sha2-nistp256@openssh.com");

    private static final int MAX_BLOB_BYTES = 8192;
    private static final int MIN_RSA_BITS = 2048;

    /** Reads a line. */
    public static PublicKeyLine parse(String line) throws ServiceException {
        String[] parts = line.strip().split("\\s+", 3);
        if (parts.length < 2 || !TYPES.contains(parts[0])) {
            throw bad("it does not begin with a key type that is known, and a key");
        }
        byte[] blob;
        try {
            blob = Base64.getDecoder().decode(parts[1]);
        } catch (IllegalArgumentException e) {
            throw bad("the key is not in base 64");
        }
        checkBlob(parts[0], blob);
        String comment = parts.length == 3 ? parts[2].replaceAll("\\p{Cntrl}", "?") : "";
        return new PublicKeyLine(parts[0], Base64.getEncoder().encodeToString(blob), comment);
    }

    /** The blob repeats its type first; an RSA key then has its exponent and its modulus. */
    private static void checkBlob(String type, byte[] blob) throws ServiceException {
        ByteBuffer buffer = ByteBuffer.wrap(blob);
        byte[] inner = string(buffer);
        if (blob.length > MAX_BLOB_BYTES
                || !new String(inner, StandardCharsets.US_ASCII).equals(type)
                || !buffer.hasRemaining()) {
            throw bad("what it holds is no " + type + " key");
        }
        if (type.equals("ssh-rsa")) {
            string(buffer);
            byte[] modulus = string(buffer);
            if (new java.math.BigInteger(1, modulus).bitLength() < MIN_RSA_BITS) {
                throw bad("an RSA key has at least " + MIN_RSA_BITS + " bits");
            }
        }
        if (type.equals("ssh-ed25519") && string(buffer).length != 32) {
            throw bad("what it holds is no " + type + " key");
        }
    }

    private static byte[] string(ByteBuffer buffer) throws ServiceException {
        if (buffer.remaining() < 4) {
            throw bad("it is cut off");
        }
        int length = buffer.getInt();
        if (length < 0 || length > buffer.remaining()) {
            throw bad("it is cut off");
        }
        byte[] bytes = new byte[length];
        buffer.get(bytes);
        return bytes;
    }

    /** As OpenSSH prints it: {@code SHA256:} and base 64 without padding. */
    public String fingerprint() {
        return fingerprint(Base64.getDecoder().decode(blob));
    }

    /** The fingerprint of a key as it goes over the wire. */
    public static String fingerprint(byte[] blob) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(blob);
            return "SHA256:" + Base64.getEncoder().withoutPadding().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("a Java without SHA-256", e);
        }
    }

    private static ServiceException bad(String why) {
        return ServiceException.invalid(
                "the public key is not taken",
                why,
                "give one line as in ~/.ssh/id_ed25519.pub, without options");
    }
}
