package io.tidegate.pool;

import io.tidegate.block.DeviceException;
import io.tidegate.block.NativeIOException;
import io.tidegate.volume.StoreException;
import java.io.IOException;

/** What went wrong inside, in the words of the contracts outside. */
final class Failures {

    private Failures() {}

    static DeviceException reading(IOException e, String device, long offset, long length) {
        if (e instanceof DamagedGrainException d) {
            return damaged(d, device, offset, length);
        }
        DeviceException.Kind kind =
                e instanceof GoneException ? DeviceException.Kind.GONE : DeviceException.Kind.READ;
        return new DeviceException(kind, device, offset, length, message(e), e);
    }

    /** Names the part of the request that lies in the damaged grain. */
    private static DeviceException damaged(
            DamagedGrainException e, String device, long offset, long length) {
        long start = Math.max(offset, e.offset());
        long end = Math.min(offset + length, e.offset() + e.length());
        return new DeviceException(
                DeviceException.Kind.READ, device, start, end - start, message(e), e);
    }

    static DeviceException writing(
            IOException e, PoolCore core, String device, long offset, long length) {
        if (e instanceof DamagedGrainException d) {
            // A write of a part of a grain, or one that looks first: the rest cannot be read.
            return damaged(d, device, offset, length);
        }
        DeviceException.Kind kind;
        core.health.noticed(e);
        if (isNoSpace(e)) {
            kind = DeviceException.Kind.NO_SPACE;
        } else if (e instanceof GoneException) {
            kind = DeviceException.Kind.GONE;
        } else if (!core.health.writable()) {
            kind = DeviceException.Kind.SYNC;
        } else {
            kind = DeviceException.Kind.WRITE;
        }
        return new DeviceException(kind, device, offset, length, message(e), e);
    }

    static StoreException store(IOException e, PoolCore core) {
        return store(e, core, "");
    }

    /** Says first what has become of the act. */
    static StoreException store(IOException e, PoolCore core, String outcome) {
        core.health.noticed(e);
        if (!isNoSpace(e) && !core.health.writable()) {
            return new StoreException(StoreException.Kind.READ_ONLY, outcome + message(e), e);
        }
        return opening(e, outcome);
    }

    static StoreException opening(IOException e) {
        return opening(e, "");
    }

    private static StoreException opening(IOException e, String outcome) {
        StoreException.Kind kind = StoreException.Kind.IO;
        if (e instanceof RefusedException refused) {
            kind = refused.kind();
        } else if (e instanceof DamageException) {
            kind = StoreException.Kind.DAMAGED;
        } else if (isNoSpace(e)) {
            kind = StoreException.Kind.NO_SPACE;
        }
        return new StoreException(kind, outcome + message(e), e);
    }

    /** The pool is full, or the file system below is. */
    static boolean isNoSpace(IOException e) {
        return e instanceof NoSpaceException || e instanceof NativeIOException n && n.isNoSpace();
    }

    static String message(Throwable e) {
        String text = e.getMessage();
        return text == null ? e.toString() : text;
    }
}
