package io.tidegate.presentation;

import java.util.HexFormat;

/**
 * What a host knows a logical unit by; never changes, whatever volume is behind it.
 *
 * @param naa NAA type 6 designator as 32 lower-case hex digits
 * @param serial unit serial number, printable ASCII, at most 64 characters
 */
public record UnitIdentity(String naa, String serial) {

    public UnitIdentity {
        if (!naa.matches("6[0-9a-f]{31}")) {
            throw new IllegalArgumentException("not an NAA 6 designator: " + naa);
        }
        if (!serial.matches("[\\x21-\\x7e]{1,64}")) {
            throw new IllegalArgumentException("not a serial number: " + serial);
        }
    }

    /** The 16 bytes of the designator. */
    public byte[] naaBytes() {
        return HexFormat.of().parseHex(naa);
    }
}
