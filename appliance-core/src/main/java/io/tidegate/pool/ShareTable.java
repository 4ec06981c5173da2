package io.tidegate.pool;

/** Extra references to grains, by runs of addresses: the one truth about sharing. */
final class ShareTable {

    /** Whether a grain has, or a reader may still count on, more than one owner. */
    boolean held(long address) {
        return false;
    }

    byte[] encode() {
        return new byte[0];
    }

    void decode(byte[] bytes) throws DamageException {
        if (bytes.length > 0) {
            throw new DamageException("share table of " + bytes.length + " bytes");
        }
    }
}
