package io.tidegate.iscsi.wire;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/** The arithmetic of CHAP (RFC 1994; RFC 7143, 12.1.3). Never keeps a secret. */
public final class Chap {
    /** Longest challenge or response taken, in bytes (RFC 7143, 12.1.3). */
    public static final int MAX_BINARY_LENGTH = 1024;

    /** Hash algorithms by their registered numbers. */
    public enum Algorithm {
        MD5(5, "MD5"),
        SHA1(6, "SHA-1"),
        SHA256(7, "SHA-256"),
        SHA3_256(8, "SHA3-256");

        private final int number;
        private final String jcaName;

        Algorithm(int number, String jcaName) {
            this.number = number;
            this.jcaName = jcaName;
        }

        public int number() {
            return number;
        }

        /** The algorithm of a CHAP_A number, or null. */
        public static @Nullable Algorithm of(long number) {
            for (Algorithm algorithm : values()) {
                if (algorithm.number == number) {
                    return algorithm;
                }
            }
            return null;
        }
    }

    private Chap() {}

    /** The response to a challenge: the hash of identifier, secret and challenge. */
    public static byte[] response(
            Algorithm algorithm, int identifier, byte[] secret, byte[] challenge) {
        try {
            MessageDigest digest = MessageDigest.getInstance(algorithm.jcaName);
            digest.update((byte) identifier);
            digest.update(secret);
            return digest.digest(challenge);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK 25 has these
        }
    }

    /** Whether a response is right; takes the same time for every wrong one. */
    public static boolean matches(byte[] expected, byte[] actual) {
        return MessageDigest.isEqual(expected, actual);
    }
}
