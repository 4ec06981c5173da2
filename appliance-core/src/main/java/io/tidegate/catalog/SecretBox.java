package io.tidegate.catalog;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Seals secrets for the catalog with AES-256-GCM. The key lies in a file of its own, never in the
 * catalog: a copy of the catalog alone gives no secret away. Each secret is bound to its place, so
 * that a sealed text moved to another row does not open. Safe for concurrent calls.
 *
 * <p>Sealed text: {@code v1:} and, in base 64, 12 bytes of nonce and the ciphertext with its
 * 16-byte tag. Key file: 64 hex digits and a line feed, mode 0600.
 */
public final class SecretBox {

    private static final String VERSION = "v1:";
    private static final int KEY_BYTES = 32;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    private final SecretKey key;
    private final SecureRandom random = new SecureRandom();

    private SecretBox(SecretKey key) {
        this.key = key;
    }

    /**
     * Opens the box with its key file, which is made when it is missing.
     *
     * @throws IOException when it cannot be read or made, holds no key, or others may read it
     */
    public static SecretBox open(Path keyFile) throws IOException {
        if (!Files.exists(keyFile)) {
            make(keyFile);
        }
        Set<PosixFilePermission> foreign = EnumSet.copyOf(Files.getPosixFilePermissions(keyFile));
        foreign.removeAll(PosixFilePermissions.fromString("rwx------"));
        if (!foreign.isEmpty()) {
            throw new IOException(
                    keyFile + " may be read or written by others; chmod 600 " + keyFile);
        }
        String text = Files.readString(keyFile, StandardCharsets.US_ASCII).strip();
        if (!text.matches("[0-9a-f]{64}")) {
            throw new IOException(keyFile + " does not hold a key of 64 hex digits");
        }
        return new SecretBox(new SecretKeySpec(HexFormat.of().parseHex(text), "AES"));
    }

    /** Written beside and moved into place, so that a crash leaves no half key. */
    private static void make(Path keyFile) throws IOException {
        byte[] bytes = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(bytes);
        Path beside = keyFile.resolveSibling(keyFile.getFileName() + ".new");
        Files.deleteIfExists(beside);
        Files.createFile(
                beside,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (var out = java.nio.channels.FileChannel.open(beside, StandardOpenOption.WRITE)) {
            String text = HexFormat.of().formatHex(bytes) + "\n";
            out.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
            out.force(true);
        }
        Files.move(beside, keyFile, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    }

    /**
     * @param place what the secret is for, such as {@code host:<id>:chap}; needed to open it
     */
    public String seal(String place, byte[] secret) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            Cipher cipher = cipher(Cipher.ENCRYPT_MODE, nonce, place);
            byte[] sealed = cipher.doFinal(secret);
            byte[] all = new byte[NONCE_BYTES + sealed.length];
            System.arraycopy(nonce, 0, all, 0, NONCE_BYTES);
            System.arraycopy(sealed, 0, all, NONCE_BYTES, sealed.length);
            return VERSION + Base64.getEncoder().encodeToString(all);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a secret cannot be sealed", e);
        }
    }

    /**
     * @throws CatalogException when it was sealed with another key or for another place, or was
     *     changed
     */
    public byte[] open(String place, String sealed) {
        try {
            if (!sealed.startsWith(VERSION)) {
                throw new CatalogException("a secret of " + place + " is of an unknown version");
            }
            byte[] all = Base64.getDecoder().decode(sealed.substring(VERSION.length()));
            ByteBuffer buffer = ByteBuffer.wrap(all);
            byte[] nonce = new byte[NONCE_BYTES];
            buffer.get(nonce);
            byte[] rest = new byte[buffer.remaining()];
            buffer.get(rest);
            return cipher(Cipher.DECRYPT_MODE, nonce, place).doFinal(rest);
        } catch (GeneralSecurityException
                | IllegalArgumentException
                | java.nio.BufferUnderflowException e) {
            throw new CatalogException("a secret of " + place + " does not open with this key", e);
        }
    }

    private Cipher cipher(int mode, byte[] nonce, String place) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(place.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }

    /** Never shows the key. */
    @Override
    public String toString() {
        return "SecretBox";
    }
}
