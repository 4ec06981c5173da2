package io.tidegate.recovery;

import io.tidegate.audit.Request;
import io.tidegate.catalog.ServiceException;
import io.tidegate.job.JobInfo;
import io.tidegate.snapshot.MountInfo;
import java.util.List;
import java.util.Optional;

/**
 * Makes, refreshes, checks, mounts and deletes quick recovery volumes. Safe for concurrent calls.
 */
public final class QrvService {

    /**
     * What to make.
     *
     * @param volume name of the source
     * @param name of the QRV; without it {@code volume-qN}
     * @param pool where to; without it another pool than the source's, a capacity pool if there is
     *     one, and the source's own only when there is no other
     * @param fromSnapshot a snapshot of the source that is there; without it a new one is taken
     */
    public record Create(
            String volume,
            Optional<String> name,
            Optional<String> pool,
            Optional<String> fromSnapshot) {}

    /** What a creation would do. */
    public record CreatePlan(
            String volume,
            String name,
            String snapshot,
            String pool,
            long sizeBytes,
            long bytesToCopy,
            long poolFreeBytes,
            List<String> warnings) {}

    /**
     * What a creation or refresh did.
     *
     * @param pointAt instant of the point that the QRV is at now
     * @param bytesChanged what differed
     * @param bytesMoved what was written
     * @param bytesDiscarded what was discarded or zeroed
     */
    public record RefreshResult(
            String qrv,
            String pointAt,
            long bytesChanged,
            long bytesMoved,
            long bytesDiscarded,
            long millis,
            String engine) {}

    /**
     * What a verification found.
     *
     * @param equal whether every compared byte is equal
     * @param firstDifference offset in bytes, -1 when equal
     */
    public record VerifyResult(
            String qrv,
            boolean equal,
            long bytesCompared,
            long differentBlocks,
            long firstDifference,
            String sourceSha256,
            String qrvSha256) {}

    /** What is in the way of a deletion. */
    public record DeletePlan(QrvInfo qrv, long allocatedBytes, List<String> obstacles) {}

    public CreatePlan planCreate(Create create) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /** Starts job {@code qrv-create}; its result is a {@link RefreshResult}. */
    public JobInfo create(Request request, Create create) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /** Starts job {@code qrv-refresh}; its result is a {@link RefreshResult}. */
    public JobInfo refresh(Request request, String qrv) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /**
     * Starts job {@code qrv-verify}, which compares the point with its base snapshot; its result is
     * a {@link VerifyResult}, and a difference makes it fail.
     *
     * @param allBytes reads unmapped ranges, too
     */
    public JobInfo verify(Request request, String qrv, boolean allBytes) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /** All but the destroyed ones, unless asked for. */
    public List<QrvInfo> list(boolean destroyed) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    public QrvInfo show(String qrv) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /** Shows the point to a host, read-only or as a writable clone of it. */
    public MountInfo mount(
            Request request,
            String qrv,
            String host,
            Optional<String> target,
            Optional<Integer> lun,
            boolean writableClone)
            throws ServiceException {
        throw new UnsupportedOperationException();
    }

    public void unmount(Request request, String qrv, String host) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    public DeletePlan planDelete(String qrv) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /** Puts a QRV into the bin, with its point; the base snapshot is no longer held for it. */
    public QrvInfo delete(Request request, String qrv) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    public QrvInfo undelete(Request request, String qrv) throws ServiceException {
        throw new UnsupportedOperationException();
    }

    /** Destroys a QRV and its volume now. */
    public void purge(Request request, String qrv) throws ServiceException {
        throw new UnsupportedOperationException();
    }
}
