package io.tidegate.user;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/**
 * Argon2id hashes of passwords. Two at most are computed at a time and few wait, so that guessing
 * takes neither memory nor processors from hosts; who finds the queue full is refused.
 *
 * <p>Kept as {@code $argon2id$v=19$m=KIB,t=PASSES,p=LANES$SALT$HASH}, both in base 64 without
 * padding.
 */
final class Passwords implements AutoCloseable {

    /** What hashing costs. */
    record Cost(int memoryKib, int passes) {
        /** 19 MiB and two passes. */
        static final Cost STANDARD = new Cost(19 * 1024, 2);
    }

    private static final int THREADS = 2;
    private static final int WAITING = 32;
    private static final int SALT_BYTES = 16;
    private static final int HASH_BYTES = 32;
    private static final Pattern FORM =
            Pattern.compile(
                    "\\$argon2id\\$v=19\\$m=(\\d{1,7}),t=(\\d{1,3}),p=1\\$([^$]+)\\$([^$]+)");

    private final Cost cost;
    private final SecureRandom random = new SecureRandom();
    private final ExecutorService pool;
    private final String decoy;

    Passwords(Cost cost) {
        this.cost = cost;
        this.pool =
                new ThreadPoolExecutor(
                        THREADS,
                        THREADS,
                        30,
                        TimeUnit.SECONDS,
                        new LinkedBlockingQueue<>(WAITING),
                        Thread.ofPlatform().name("password-", 0).daemon().factory());
        byte[] nobody = new byte[SALT_BYTES];
        random.nextBytes(nobody);
        this.decoy = hashNow(nobody, cost);
    }

    /** A new hash with a salt of its own. */
    String hash(char[] password) {
        byte[] bytes = bytes(password);
        return run(() -> hashNow(bytes, cost));
    }

    /**
     * Whether the password is the one that was hashed.
     *
     * @throws RejectedExecutionException when too many wait already
     */
    boolean verify(char[] password, String hash) {
        byte[] bytes = bytes(password);
        return run(() -> verifyNow(bytes, hash));
    }

    /** Takes as long as {@link #verify} and is never true: for users that do not exist. */
    boolean verifyNobody(char[] password) {
        verify(password, decoy);
        return false;
    }

    private <T> T run(Supplier<T> work) {
        return CompletableFuture.supplyAsync(work, pool).join();
    }

    private String hashNow(byte[] password, Cost with) {
        byte[] salt = new byte[SALT_BYTES];
        random.nextBytes(salt);
        byte[] hash = argon2(password, salt, with);
        Arrays.fill(password, (byte) 0);
        Base64.Encoder base64 = Base64.getEncoder().withoutPadding();
        return "$argon2id$v=19$m="
                + with.memoryKib()
                + ",t="
                + with.passes()
                + ",p=1$"
                + base64.encodeToString(salt)
                + "$"
                + base64.encodeToString(hash);
    }

    private static boolean verifyNow(byte[] password, String kept) {
        Matcher form = FORM.matcher(kept);
        if (!form.matches()) {
            throw new IllegalStateException("a kept password hash has an unknown form");
        }
        Cost with = new Cost(Integer.parseInt(form.group(1)), Integer.parseInt(form.group(2)));
        byte[] salt = Base64.getDecoder().decode(form.group(3));
        byte[] wanted = Base64.getDecoder().decode(form.group(4));
        byte[] hash = argon2(password, salt, with);
        Arrays.fill(password, (byte) 0);
        return MessageDigest.isEqual(hash, wanted);
    }

    private static byte[] argon2(byte[] password, byte[] salt, Cost with) {
        Argon2BytesGenerator generator = new Argon2BytesGenerator();
        generator.init(
                new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                        .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                        .withMemoryAsKB(with.memoryKib())
                        .withIterations(with.passes())
                        .withParallelism(1)
                        .withSalt(salt)
                        .build());
        byte[] hash = new byte[HASH_BYTES];
        generator.generateBytes(password, hash);
        return hash;
    }

    private static byte[] bytes(char[] password) {
        return new String(password).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        pool.shutdown();
    }
}
