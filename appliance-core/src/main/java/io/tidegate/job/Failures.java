package io.tidegate.job;

import io.tidegate.block.DeviceException;
import io.tidegate.catalog.ServiceException;
import io.tidegate.volume.StoreException;
import java.util.List;
import java.util.Objects;

/** What ended a job, as it is told to those who wait for it. */
final class Failures {

    static final int CANCELLED = 1;

    private static final int INTERNAL = 70;
    private static final int DEVICE = 9;

    private Failures() {}

    static JobInfo.Failure of(JobId id, Exception e) {
        String message = Objects.requireNonNullElse(e.getMessage(), e.getClass().getSimpleName());
        return switch (e) {
            case ServiceException s ->
                    new JobInfo.Failure(
                            s.code().name(), message, s.why(), s.fixes(), exit(s.code()));
            case DeviceException d ->
                    new JobInfo.Failure(
                            "DEVICE",
                            "a device failed",
                            message,
                            List.of("pool list", "job retry " + id),
                            DEVICE);
            case StoreException s ->
                    new JobInfo.Failure(
                            "STORE_" + s.kind(),
                            "a pool did not do what it was asked",
                            message,
                            List.of("pool list", "job retry " + id),
                            DEVICE);
            default ->
                    new JobInfo.Failure(
                            "INTERNAL",
                            "the job ended by an error of the appliance",
                            e.getClass().getSimpleName() + ": " + message,
                            List.of("system log show", "job retry " + id),
                            INTERNAL);
        };
    }

    static JobInfo.Failure cancelled(JobId id) {
        return new JobInfo.Failure(
                "CANCELLED",
                "job " + id + " was cancelled",
                "an administrator asked for it",
                List.of("job retry " + id),
                CANCELLED);
    }

    static JobInfo.Failure interrupted(JobId id) {
        return new JobInfo.Failure(
                "INTERRUPTED",
                "job " + id + " was cut off by a restart",
                "jobs of this type do not go on by themselves",
                List.of("job retry " + id),
                1);
    }

    /** Exit codes as commands have them. */
    static int exit(ServiceException.Code code) {
        return switch (code) {
            case INVALID -> 2;
            case NOT_FOUND -> 3;
            case CONFLICT, BUSY -> 4;
            case CONFIRMATION_NEEDED -> 5;
            case DENIED -> 6;
            case PARTLY_DONE -> 7;
            case TIMEOUT -> 8;
            case DEVICE -> DEVICE;
            case NO_SPACE, FAILED -> 1;
        };
    }
}
