package io.tidegate.iscsi.wire;

import java.util.Arrays;

/** Cuts text into data segments; every segment but the last goes out with the C bit. */
public final class TextPages {
    private final byte[] text;
    private final int pageLength;
    private int next;

    /**
     * @param pageLength longest data segment that the receiver takes, in bytes
     */
    public TextPages(byte[] text, int pageLength) {
        this.text = text.clone();
        this.pageLength = pageLength;
    }

    /** The next segment; empty when the text is. */
    public byte[] next() {
        int end = Math.min(text.length, next + pageLength);
        byte[] page = Arrays.copyOfRange(text, next, end);
        next = end;
        return page;
    }

    /** Whether more has to follow what {@link #next} has given out. */
    public boolean hasMore() {
        return next < text.length;
    }
}
