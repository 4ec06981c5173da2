package io.tidegate.audit;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;

/**
 * One record of the chain.
 *
 * @param sequence counts up from 1 without gaps
 * @param request who asked, and for what
 * @param object what it was about, such as {@code volume:db01}
 * @param detail facts of the act as a JSON object
 * @param previousHash of the record before, 64 hex digits; zeroes for the first
 * @param hash SHA-256 over the previous hash and the canonical text of this record
 */
public record AuditRecord(
        long sequence,
        Instant at,
        Request request,
        String object,
        AuditResult result,
        String detail,
        String previousHash,
        String hash) {

    /** What comes before the first record. */
    public static final String ROOT = "0".repeat(64);

    /** Makes a record with its hash. */
    static AuditRecord chain(
            long sequence,
            Instant at,
            Request request,
            String object,
            AuditResult result,
            String detail,
            String previousHash) {
        String text = canonical(sequence, at, request, object, result, detail);
        return new AuditRecord(
                sequence,
                at,
                request,
                object,
                result,
                detail,
                previousHash,
                digest(previousHash + "\n" + text));
    }

    /** The hash that this record's content ought to have. */
    String expectedHash() {
        return digest(
                previousHash + "\n" + canonical(sequence, at, request, object, result, detail));
    }

    /**
     * Every field as its length in characters, a colon and its text, so that no text of one field
     * can be read as another's; an absent field is a hyphen.
     */
    private static String canonical(
            long sequence,
            Instant at,
            Request request,
            String object,
            AuditResult result,
            String detail) {
        StringBuilder text = new StringBuilder("tidegate audit 1\n");
        field(text, Long.toString(sequence));
        field(text, Long.toString(at.toEpochMilli()));
        field(text, request.user());
        field(text, request.origin());
        field(text, request.credential());
        field(text, request.command());
        optional(text, request.reason());
        optional(text, request.requestId());
        field(text, object);
        field(text, result.text());
        field(text, detail);
        return text.toString();
    }

    private static void field(StringBuilder text, String value) {
        text.append(value.length()).append(':').append(value).append('\n');
    }

    private static void optional(StringBuilder text, Optional<String> value) {
        if (value.isPresent()) {
            field(text, value.get());
        } else {
            text.append("-\n");
        }
    }

    private static String digest(String text) {
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256")
                            .digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("a Java without SHA-256", e);
        }
    }
}
