package io.tidegate.pool;

import io.tidegate.block.DeviceException;
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
        if (e instanceof NoSpaceException) {
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
        if (e instanceof NoSpaceException) {
            return new StoreException(StoreException.Kind.NO_SPACE, message(e), e);
        }
        if (!core.health.writable()) {
            return new StoreException(StoreException.Kind.READ_ONLY, message(e), e);
        }
        return opening(e);
    }

    static StoreException opening(IOException e) {
        if (e instanceof RefusedException refused) {
            return new StoreException(refused.kind(), message(e), e);
        }
        StoreException.Kind kind =
                e instanceof DamageException ? StoreException.Kind.DAMAGED : StoreException.Kind.IO;
        return new StoreException(kind, message(e), e);
    }

    private static String message(Throwable e) {
        String text = e.getMessage();
        return text == null ? e.toString() : text;
    }
}
