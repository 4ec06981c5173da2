package io.tidegate.iscsi.wire;

import java.util.Base64;
import java.util.HexFormat;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Numbers and binary values in text (RFC 7143, 6.1). */
public final class TextValues {

    private TextValues() {}

    /** A decimal or hexadecimal constant of up to 64 bits; empty when it is neither. */
    public static OptionalLong number(String text) {
        try {
            boolean hex = text.startsWith("0x") || text.startsWith("0X");
            String digits = hex ? text.substring(2) : text;
            if (digits.isEmpty() || digits.charAt(0) == '+' || digits.charAt(0) == '-') {
                return OptionalLong.empty();
            }
            long value = hex ? Long.parseUnsignedLong(digits, 16) : Long.parseLong(digits);
            return OptionalLong.of(value);
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    /** A binary value as a hexadecimal constant. */
    public static String binary(byte[] value) {
        return "0x" + HexFormat.of().formatHex(value);
    }

    /**
     * The bytes of a hexadecimal (0x) or base64 (0b) constant.
     *
     * @param maxBytes longest value taken
     * @return null when it is neither, or longer
     */
    public static byte @Nullable [] binary(String text, int maxBytes) {
        if (text.length() < 3 || text.charAt(0) != '0') {
            return null;
        }
        String digits = text.substring(2);
        char kind = Character.toLowerCase(text.charAt(1));
        if (digits.length() > maxBytes * 2 + 4) {
            return null;
        }
        try {
            byte[] value =
                    switch (kind) {
                        case 'x' ->
                                HexFormat.of()
                                        .parseHex(digits.length() % 2 == 0 ? digits : "0" + digits);
                        case 'b' -> Base64.getDecoder().decode(digits);
                        default -> null;
                    };
            return value == null || value.length > maxBytes ? null : value;
        } catch (IllegalArgumentException e) {
            return null; // not a constant of that kind
        }
    }
}
