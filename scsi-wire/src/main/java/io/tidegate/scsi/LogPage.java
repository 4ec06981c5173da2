package io.tidegate.scsi;

import java.io.ByteArrayOutputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A log page as LOG SENSE answers it (SPC-5, 7.3).
 *
 * @param page 0 to 3Fh
 * @param subpage 0 for pages without the subpage format
 * @param parameters by ascending code
 */
public record LogPage(int page, int subpage, List<Parameter> parameters) {

    public static final int SUPPORTED = 0x00;
    public static final int WRITE_ERRORS = 0x02;
    public static final int READ_ERRORS = 0x03;
    public static final int VERIFY_ERRORS = 0x05;
    public static final int PROVISIONING = 0x0c;
    public static final int STATISTICS = 0x19;
    public static final int EXCEPTIONS = 0x2f;
    public static final int ALL_SUBPAGES = 0xff;

    private static final int HEADER = 4;
    private static final int SUBPAGE_FORMAT = 0x40;
    private static final int DISABLE_SAVE = 0x80; // DS: the values of a page are never saved

    /**
     * What the control byte says of a parameter: it counts up to its end, or is a list in binary.
     */
    public enum Format {
        COUNTER(0x00),
        LIST(0x03);

        private final int control;

        Format(int control) {
            this.control = control;
        }
    }

    /**
     * @param code 0 to 65535
     * @param value at most 255 bytes
     */
    public record Parameter(int code, Format format, byte[] value) {

        /** A count of eight bytes. */
        public static Parameter count(int code, long value) {
            byte[] out = new byte[8];
            Be.put64(out, 0, value);
            return new Parameter(code, Format.COUNTER, out);
        }

        public static Parameter list(int code, byte... value) {
            return new Parameter(code, Format.LIST, value);
        }
    }

    /**
     * The page with the parameters from a code on.
     *
     * @return null when the pointer is beyond the last parameter
     */
    public byte @Nullable [] encode(int pointer) {
        List<Parameter> told = parameters.stream().filter(p -> p.code >= pointer).toList();
        if (told.isEmpty() && pointer > 0) {
            return null;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Parameter parameter : told) {
            byte[] header = new byte[4];
            Be.put16(header, 0, parameter.code);
            Be.put8(header, 2, parameter.format.control);
            Be.put8(header, 3, parameter.value.length);
            out.writeBytes(header);
            out.writeBytes(parameter.value);
        }
        return page(page, subpage, out.toByteArray());
    }

    /**
     * The pages that answer.
     *
     * @param pages page times 256 plus subpage, ascending
     * @param subpages whether subpages are told as well, as page 00h, subpage FFh does
     */
    public static byte[] supported(List<Integer> pages, boolean subpages) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int page : pages) {
            if (subpages) {
                out.write(page >>> 8);
                out.write(page);
            } else if ((page & 0xff) == 0) {
                out.write(page >>> 8);
            }
        }
        return page(SUPPORTED, subpages ? ALL_SUBPAGES : 0, out.toByteArray());
    }

    private static byte[] page(int page, int subpage, byte[] content) {
        byte[] out = new byte[HEADER + content.length];
        Be.put8(out, 0, DISABLE_SAVE | (subpage == 0 ? 0 : SUBPAGE_FORMAT) | page);
        Be.put8(out, 1, subpage);
        Be.put16(out, 2, content.length);
        System.arraycopy(content, 0, out, HEADER, content.length);
        return out;
    }
}
