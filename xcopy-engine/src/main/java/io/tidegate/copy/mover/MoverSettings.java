package io.tidegate.copy.mover;

/**
 * How the mover works.
 *
 * @param pieceBytes bytes of one read and one write; a power of two, 64 KiB to 4 MiB
 * @param inFlight pieces of one copy under way at once
 * @param workers threads, and so pieces under way, of all copies together; each holds one direct
 *     buffer of a piece
 * @param dirtyBytes a destination is synced before more than this is written and not durable
 * @param zeroBytes runs of this many zero bytes are discarded at the destination instead of being
 *     written; a power of two, at most a piece
 */
public record MoverSettings(
        int pieceBytes, int inFlight, int workers, long dirtyBytes, int zeroBytes) {

    public static final MoverSettings DEFAULT =
            new MoverSettings(1 << 20, 4, 8, 64L << 20, 64 << 10);

    public MoverSettings {
        if (Integer.bitCount(pieceBytes) != 1 || pieceBytes < 64 << 10 || pieceBytes > 4 << 20) {
            throw new IllegalArgumentException("pieces of " + pieceBytes + " bytes");
        }
        if (inFlight < 1 || workers < 1) {
            throw new IllegalArgumentException(inFlight + " in flight of " + workers);
        }
        if (dirtyBytes < 2L * pieceBytes) {
            throw new IllegalArgumentException(dirtyBytes + " dirty bytes of " + pieceBytes);
        }
        if (Integer.bitCount(zeroBytes) != 1 || zeroBytes < 4096 || zeroBytes > pieceBytes) {
            throw new IllegalArgumentException("zero runs of " + zeroBytes + " bytes");
        }
    }
}
