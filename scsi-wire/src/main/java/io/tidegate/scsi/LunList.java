package io.tidegate.scsi;

import java.util.ArrayList;
import java.util.List;

/** What REPORT LUNS answers (SPC-5, 6.33). */
public final class LunList {

    private static final int HEADER = 8;

    private LunList() {}

    /**
     * @param luns eight bytes each, see {@link LunAddress}
     */
    public static byte[] encode(List<Long> luns) {
        byte[] out = new byte[HEADER + 8 * luns.size()];
        Be.put32(out, 0, out.length - HEADER);
        for (int i = 0; i < luns.size(); i++) {
            Be.put64(out, HEADER + 8 * i, luns.get(i));
        }
        return out;
    }

    /** The LUNs in an answer, as far as they are there. */
    public static List<Long> parse(byte[] data) {
        List<Long> luns = new ArrayList<>();
        if (data.length < HEADER) {
            return luns;
        }
        long end = Math.min(data.length, HEADER + Be.u32(data, 0));
        for (int at = HEADER; at + 8 <= end; at += 8) {
            luns.add(Be.i64(data, at));
        }
        return luns;
    }
}
