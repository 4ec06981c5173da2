package io.tidegate.scsi;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The mode pages of a Tidegate unit (SPC-5, 7.5; SBC-4, 6.5): read-write error recovery, caching,
 * control and its extension, informational exceptions and the provisioning thresholds.
 *
 * <p>The mask of changeable bits is the difference between a page with every changeable value on
 * and one with all of them off, so that it cannot drift from what {@link #select} takes.
 */
public final class ModePages {

    public static final int ALL = 0x3f;
    public static final int ALL_SUBPAGES = 0xff;

    private static final int SAVEABLE = 0x80;
    private static final int SUBPAGE_FORMAT = 0x40;

    private record Code(int page, int subpage) {}

    private static final Code THRESHOLDS = new Code(0x1c, 0x02);

    private static final List<Code> CODES =
            List.of(
                    new Code(0x01, 0),
                    new Code(0x08, 0),
                    new Code(0x0a, 0),
                    new Code(0x0a, 0x01),
                    new Code(0x1c, 0),
                    THRESHOLDS);

    private ModePages() {}

    /**
     * The soft threshold of the space behind a thin unit.
     *
     * @param availableSets threshold sets, see {@link Provisioning}, below which hosts are told
     */
    public record Threshold(long availableSets) {}

    /** Values after a MODE SELECT, or what is wrong with its list. */
    public record Selected(@Nullable ModeValues values, @Nullable Sense fault) {}

    /** Whether MODE SENSE asks for the page that tells the threshold, among others. */
    public static boolean asksForThreshold(int page, int subpage) {
        return (page == ALL || page == THRESHOLDS.page)
                && (subpage == ALL_SUBPAGES || subpage == THRESHOLDS.subpage);
    }

    /**
     * The pages that MODE SENSE asks for, in ascending order.
     *
     * @param values what the page control asks for; of no matter for the changeable mask
     * @param threshold null where none is known; the host cannot change it
     * @return null when there is no such page
     */
    public static byte @Nullable [] sense(
            int page,
            int subpage,
            ModeCommand.Control control,
            ModeValues values,
            @Nullable Threshold threshold) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Code code : CODES) {
            boolean pageFits = page == ALL || page == code.page;
            boolean subpageFits = subpage == ALL_SUBPAGES || subpage == code.subpage;
            if (pageFits && subpageFits) {
                byte[] content = encode(code, values, threshold);
                out.writeBytes(control == ModeCommand.Control.CHANGEABLE ? mask(code) : content);
            }
        }
        return out.size() == 0 ? null : out.toByteArray();
    }

    /**
     * Reads the pages of a MODE SELECT. Every bit that cannot be changed must have the value it
     * has.
     *
     * @param list position to limit
     * @param threshold asked only when the list has its page
     */
    public static Selected select(
            ByteBuffer list, ModeValues current, Supplier<@Nullable Threshold> threshold) {
        ModeValues values = current;
        ByteBuffer in = list.slice();
        int at = 0;
        while (at < in.limit()) {
            int first = in.get(at) & 0xff;
            boolean longForm = (first & SUBPAGE_FORMAT) != 0;
            int header = longForm ? 4 : 2;
            if (in.limit() - at < header) {
                return new Selected(null, Sense.parameterListLength());
            }
            int length = longForm ? in.getShort(at + 2) & 0xffff : in.get(at + 1) & 0xff;
            Code code = new Code(first & 0x3f, longForm ? in.get(at + 1) & 0xff : 0);
            if (!CODES.contains(code)) {
                return new Selected(null, Sense.invalidFieldInParameterList(at, 5));
            }
            byte[] now = encode(code, values, code.equals(THRESHOLDS) ? threshold.get() : null);
            if (header + length != now.length) {
                return new Selected(null, Sense.invalidFieldInParameterList(at + header - 1, 7));
            }
            if (length > in.limit() - at - header) {
                return new Selected(null, Sense.parameterListLength());
            }
            byte[] wanted = new byte[now.length];
            in.get(at, wanted);
            int wrong = firstUnchangeable(now, wanted, mask(code), header);
            if (wrong >= 0) {
                return new Selected(null, Sense.invalidFieldInParameterList(at + wrong, -1));
            }
            values = apply(code, wanted, values);
            at += now.length;
        }
        return new Selected(values, null);
    }

    private static int firstUnchangeable(byte[] now, byte[] wanted, byte[] mask, int from) {
        for (int i = from; i < now.length; i++) {
            if (((now[i] ^ wanted[i]) & ~mask[i]) != 0) {
                return i;
            }
        }
        return -1;
    }

    private static ModeValues apply(Code code, byte[] page, ModeValues values) {
        if (code.page == 0x08) {
            return new ModeValues(
                    Be.bit(page, 2, 2), values.softwareWriteProtect(), values.descriptorSense());
        }
        if (code.page == 0x0a && code.subpage == 0) {
            return new ModeValues(values.writeCache(), Be.bit(page, 4, 3), Be.bit(page, 2, 2));
        }
        return values;
    }

    private static byte[] mask(Code code) {
        byte[] on = encode(code, ModeValues.EVERYTHING, null);
        byte[] off = encode(code, ModeValues.NOTHING, null);
        int header = (on[0] & SUBPAGE_FORMAT) != 0 ? 4 : 2;
        for (int i = header; i < on.length; i++) {
            on[i] ^= off[i];
        }
        return on;
    }

    private static byte[] encode(Code code, ModeValues values, @Nullable Threshold threshold) {
        return switch (code.page << 8 | code.subpage) {
            case 0x0100 -> errorRecovery();
            case 0x0800 -> caching(values);
            case 0x0a00 -> control(values);
            case 0x0a01 -> controlExtension();
            case 0x1c00 -> page(0x1c, 10);
            case 0x1c02 -> thresholds(threshold);
            default -> throw new IllegalArgumentException("no mode page " + code);
        };
    }

    private static byte[] errorRecovery() {
        byte[] page = page(0x01, 10);
        page[2] = (byte) 0xc0; // AWRE, ARRE
        page[7] = (byte) 0x80; // LBPERE: crossing a threshold is told
        return page;
    }

    private static byte[] caching(ModeValues values) {
        byte[] page = page(0x08, 18);
        page[2] = (byte) (values.writeCache() ? 0x04 : 0);
        return page;
    }

    private static byte[] control(ModeValues values) {
        byte[] page = page(0x0a, 10);
        page[2] = (byte) (values.descriptorSense() ? 0x04 : 0);
        page[3] = 0x10; // unrestricted reordering
        page[4] = (byte) (values.softwareWriteProtect() ? 0x08 : 0);
        return page;
    }

    private static byte[] controlExtension() {
        byte[] page = subpage(0x0a, 0x01, 28);
        page[4] = 0x01; // IALUAE
        return page;
    }

    /** One descriptor: told to each nexus when what is available falls below the count. */
    private static byte[] thresholds(@Nullable Threshold threshold) {
        byte[] page = subpage(0x1c, 0x02, 12 + 8);
        if (threshold != null) {
            page[16] = (byte) 0x80; // enabled, a count, armed for its decrease
            page[17] = 0x01; // available LBA mapping resource
            Be.put32(page, 20, Math.min(threshold.availableSets, 0xffffffffL));
        }
        return page;
    }

    private static byte[] page(int code, int length) {
        byte[] page = new byte[2 + length];
        page[0] = (byte) (SAVEABLE | code);
        page[1] = (byte) length;
        return page;
    }

    private static byte[] subpage(int code, int subpage, int length) {
        byte[] page = new byte[4 + length];
        page[0] = (byte) (SAVEABLE | SUBPAGE_FORMAT | code);
        page[1] = (byte) subpage;
        Be.put16(page, 2, length);
        return page;
    }
}
