package io.tidegate.volume;

import io.tidegate.block.DeviceException;
import io.tidegate.catalog.ServiceException;
import io.tidegate.catalog.ServiceException.Code;
import java.util.List;

/** What a store's failure means to the person who asked. */
public final class StoreFailures {

    private StoreFailures() {}

    /**
     * @param message what did not happen
     */
    public static ServiceException of(StoreException failure, String message) {
        String why = String.valueOf(failure.getMessage());
        return switch (failure.kind()) {
            case NOT_FOUND -> make(Code.NOT_FOUND, message, why, "system reconcile", failure);
            case EXISTS -> make(Code.CONFLICT, message, why, "choose another name", failure);
            case BUSY -> make(Code.BUSY, message, why, "end what holds it, then repeat", failure);
            case NOT_DRAINED ->
                    make(Code.BUSY, message, why, "repeat when there are fewer writes", failure);
            case NO_SPACE ->
                    make(
                            Code.NO_SPACE,
                            message,
                            why,
                            "delete snapshots or volumes, or give the pool space",
                            failure);
            case LIMIT -> make(Code.INVALID, message, why, "choose a value within it", failure);
            case READ_ONLY -> make(Code.DEVICE, message, why, "pool reopen", failure);
            case DAMAGED -> make(Code.DEVICE, message, why, "pool check", failure);
            case IO -> make(Code.DEVICE, message, why, "look at the disk, pool show", failure);
        };
    }

    /**
     * @param message what did not happen
     */
    public static ServiceException of(DeviceException failure, String message) {
        String why = String.valueOf(failure.getMessage());
        return switch (failure.kind()) {
            case NO_SPACE ->
                    make(
                            Code.NO_SPACE,
                            message,
                            why,
                            "delete snapshots or volumes, or give the pool space",
                            failure);
            case BUSY -> make(Code.BUSY, message, why, "repeat later", failure);
            case READ, WRITE, SYNC, WRITE_PROTECTED, GONE ->
                    make(Code.DEVICE, message, why, "pool show", failure);
        };
    }

    private static ServiceException make(
            Code code, String message, String why, String fix, Exception cause) {
        return new ServiceException(code, message, why, List.of(fix), cause);
    }
}
