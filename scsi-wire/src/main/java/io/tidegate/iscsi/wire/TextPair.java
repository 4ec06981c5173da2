package io.tidegate.iscsi.wire;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** One {@code key=value} of login and text PDUs (RFC 7143, 6.1). */
public record TextPair(String key, String value) {
    /** Longest key name (RFC 7143, 6.1). */
    public static final int MAX_KEY_LENGTH = 63;

    /** Longest value taken: a binary of 1024 bytes in hex, with room to spare. */
    public static final int MAX_VALUE_LENGTH = 8192;

    /** Answers that stand in place of a value (RFC 7143, 6.2). */
    public static final String NOT_UNDERSTOOD = "NotUnderstood";

    public static final String IRRELEVANT = "Irrelevant";
    public static final String REJECT = "Reject";
    public static final String NONE = "None";

    /**
     * Reads pairs, each ended by a zero byte; empty ones between are passed over.
     *
     * @throws MalformedPduException when a pair has no key or no end, is too long or no UTF-8
     */
    public static List<TextPair> decode(byte[] text) throws MalformedPduException {
        return decode(text, Integer.MAX_VALUE);
    }

    /**
     * As {@link #decode(byte[])}, but of not more than so many pairs.
     *
     * @throws MalformedPduException also when there are more
     */
    public static List<TextPair> decode(byte[] text, int maxPairs) throws MalformedPduException {
        List<TextPair> pairs = new ArrayList<>();
        int from = 0;
        while (from < text.length) {
            int end = from;
            while (end < text.length && text[end] != 0) {
                end++;
            }
            if (end == text.length) {
                throw new MalformedPduException("text without an ending zero byte");
            }
            if (end > from) {
                if (pairs.size() == maxPairs) {
                    throw new MalformedPduException("text of more than " + maxPairs + " pairs");
                }
                pairs.add(pair(text, from, end));
            }
            from = end + 1;
        }
        return pairs;
    }

    private static TextPair pair(byte[] text, int from, int end) throws MalformedPduException {
        int equals = from;
        while (equals < end && text[equals] != '=') {
            equals++;
        }
        if (equals == from || equals == end || equals - from > MAX_KEY_LENGTH) {
            throw new MalformedPduException("text that is no key=value pair");
        }
        if (end - equals - 1 > MAX_VALUE_LENGTH) {
            throw new MalformedPduException("text value of " + (end - equals - 1) + " bytes");
        }
        return new TextPair(utf8(text, from, equals), utf8(text, equals + 1, end));
    }

    private static String utf8(byte[] text, int from, int end) throws MalformedPduException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(text, from, end - from))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MalformedPduException("text that is no UTF-8");
        }
    }

    /** The bytes of pairs in their order. */
    public static byte[] encode(List<TextPair> pairs) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (TextPair pair : pairs) {
            out.writeBytes(pair.key.getBytes(StandardCharsets.UTF_8));
            out.write('=');
            out.writeBytes(pair.value.getBytes(StandardCharsets.UTF_8));
            out.write(0);
        }
        return out.toByteArray();
    }
}
