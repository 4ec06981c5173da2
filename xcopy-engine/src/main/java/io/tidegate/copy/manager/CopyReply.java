package io.tidegate.copy.manager;

import io.tidegate.scsi.Sense;
import io.tidegate.scsi.Status;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a copy command.
 *
 * @param sense what was wrong, with CHECK CONDITION; or what the host asked to know, with GOOD and
 *     without data; else null
 * @param dataIn what goes to the host, already cut to the allocation length; may be empty
 */
public record CopyReply(Status status, @Nullable Sense sense, byte[] dataIn) {

    private static final byte[] NOTHING = {};

    /** GOOD with data. */
    public static CopyReply good(byte[] dataIn) {
        return new CopyReply(Status.GOOD, null, dataIn);
    }

    /** GOOD without data. */
    public static CopyReply good() {
        return good(NOTHING);
    }

    /** GOOD with sense data. */
    public static CopyReply good(Sense sense) {
        return new CopyReply(Status.GOOD, sense, NOTHING);
    }

    /** CHECK CONDITION. */
    public static CopyReply check(Sense sense) {
        return new CopyReply(Status.CHECK_CONDITION, sense, NOTHING);
    }

    /** A status that carries nothing else, such as BUSY. */
    public static CopyReply of(Status status) {
        return new CopyReply(status, null, NOTHING);
    }
}
