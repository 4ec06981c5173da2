package io.tidegate.appliance.demo;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;

/**
 * What a volume ought to hold: each piece has a version, and its bytes follow from place and
 * version. Version 0 is zeroes.
 */
final class Pattern {

    /** The unit in which the demonstration writes. */
    static final int PIECE_BYTES = 64 << 10;

    private final int[] versions;

    Pattern(long sizeBytes) {
        versions = new int[Math.toIntExact(sizeBytes / PIECE_BYTES)];
    }

    private Pattern(int[] versions) {
        this.versions = versions;
    }

    int pieces() {
        return versions.length;
    }

    Pattern copy() {
        return new Pattern(Arrays.copyOf(versions, versions.length));
    }

    /** Gives a piece its next content. */
    void renew(int piece) {
        versions[piece]++;
    }

    /** Fills {@code into}, which has room for one piece, and flips it. */
    void fill(int piece, ByteBuffer into) {
        into.clear().limit(PIECE_BYTES);
        into.order(ByteOrder.LITTLE_ENDIAN);
        if (versions[piece] == 0) {
            while (into.hasRemaining()) {
                into.putLong(0);
            }
        } else {
            SplittableRandom random = new SplittableRandom(((long) versions[piece] << 32) + piece);
            while (into.hasRemaining()) {
                into.putLong(random.nextLong());
            }
        }
        into.flip();
    }

    /** SHA-256 of the whole, in hex. */
    String sha256() {
        MessageDigest digest = digest();
        ByteBuffer buffer = ByteBuffer.allocate(PIECE_BYTES);
        for (int piece = 0; piece < versions.length; piece++) {
            fill(piece, buffer);
            digest.update(buffer);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
