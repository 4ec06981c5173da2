package io.tidegate.initiator;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A CHAP name and its secret. Never prints the secret. */
public final class Credentials {

    private final String name;
    private final byte[] secret;

    private Credentials(String name, byte[] secret) {
        this.name = name;
        this.secret = secret.clone();
    }

    /** A secret given as text, used as its UTF-8 bytes. */
    public static Credentials of(String name, String secret) {
        return new Credentials(name, secret.getBytes(StandardCharsets.UTF_8));
    }

    public static Credentials of(String name, byte[] secret) {
        return new Credentials(name, secret);
    }

    public String name() {
        return name;
    }

    byte[] secret() {
        return secret.clone();
    }

    boolean sameSecret(Credentials other) {
        return Arrays.equals(secret, other.secret);
    }

    @Override
    public String toString() {
        return "CHAP name " + name;
    }
}
