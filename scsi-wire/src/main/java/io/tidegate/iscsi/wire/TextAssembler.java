package io.tidegate.iscsi.wire;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;

/**
 * Gathers text that is continued over several PDUs by the C bit (RFC 7143, 6.2 and 11.10.2), up to
 * a limit.
 */
public final class TextAssembler {
    private final int maxBytes;
    private final int maxPairs;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /**
     * @param maxBytes longest text taken, over all its PDUs
     */
    public TextAssembler(int maxBytes) {
        this(maxBytes, Integer.MAX_VALUE);
    }

    /**
     * @param maxBytes longest text taken, over all its PDUs
     * @param maxPairs most pairs taken in one text
     */
    public TextAssembler(int maxBytes, int maxPairs) {
        this.maxBytes = maxBytes;
        this.maxPairs = maxPairs;
    }

    /**
     * Adds bytes of a data segment.
     *
     * @throws MalformedPduException when the text grows beyond the limit
     */
    public void add(ByteBuf buf, int at, int length) throws MalformedPduException {
        if (length > maxBytes - bytes.size()) {
            throw new MalformedPduException("text of more than " + maxBytes + " bytes");
        }
        try {
            buf.getBytes(at, bytes, length);
        } catch (IOException e) {
            throw new IllegalStateException(e); // a byte array takes all
        }
    }

    public boolean isEmpty() {
        return bytes.size() == 0;
    }

    /**
     * The pairs of the text that is now complete; starts afresh.
     *
     * @throws MalformedPduException when it is no text, or has too many pairs
     */
    public List<TextPair> finish() throws MalformedPduException {
        byte[] text = bytes.toByteArray();
        bytes.reset();
        return TextPair.decode(text, maxPairs);
    }

    /** Throws away what was gathered. */
    public void reset() {
        bytes.reset();
    }
}
