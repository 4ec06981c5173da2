package io.tidegate.volume;

import io.tidegate.block.Geometry;
import io.tidegate.catalog.ServiceException;

/**
 * A volume that is to be made.
 *
 * @param pool name of the pool
 * @param sizeBytes whole logical blocks
 * @param logicalBlockBytes 512 or 4096
 * @param physicalBlockBytes a power of two, at least the logical block
 * @param granularityBytes what hosts are told to unmap and transfer in; 0 takes the physical block
 * @param thin whether it takes space when it is written; else space for all of it is set aside, as
 *     far as it is made empty and not of a snapshot
 */
public record VolumeSpec(
        String name,
        String pool,
        long sizeBytes,
        int logicalBlockBytes,
        int physicalBlockBytes,
        int granularityBytes,
        boolean thin,
        boolean writeCache,
        boolean removable,
        boolean readOnly,
        String label) {

    /** Thin, 512-byte blocks over 4 KiB physical ones, with a write cache. */
    public static VolumeSpec of(String name, String pool, long sizeBytes) {
        return new VolumeSpec(name, pool, sizeBytes, 512, 4096, 0, true, true, false, false, "");
    }

    /** The same volume shape and flags as another's, under another name in another pool. */
    public static VolumeSpec like(VolumeRecord model, String name, String pool) {
        Geometry geometry = model.shape().geometry();
        return new VolumeSpec(
                name,
                pool,
                geometry.sizeBytes(),
                geometry.logicalBlockBytes(),
                geometry.physicalBlockBytes(),
                model.shape().granularityBytes(),
                model.thin(),
                model.writeCache(),
                model.removable(),
                false,
                "");
    }

    /** The same with another size. */
    public VolumeSpec withSize(long bytes) {
        return new VolumeSpec(
                name,
                pool,
                bytes,
                logicalBlockBytes,
                physicalBlockBytes,
                granularityBytes,
                thin,
                writeCache,
                removable,
                readOnly,
                label);
    }

    /**
     * The same without space set aside. Replicas are so, since only jobs write to them and their
     * points would need the space once more, and clones are, since what they share cannot be set
     * aside.
     */
    public VolumeSpec asThin() {
        return new VolumeSpec(
                name,
                pool,
                sizeBytes,
                logicalBlockBytes,
                physicalBlockBytes,
                granularityBytes,
                true,
                writeCache,
                removable,
                readOnly,
                label);
    }

    VolumeShape shape() throws ServiceException {
        int granularity = granularityBytes == 0 ? physicalBlockBytes : granularityBytes;
        return shape(sizeBytes, logicalBlockBytes, physicalBlockBytes, granularity);
    }

    static VolumeShape shape(long size, int logical, int physical, int granularity)
            throws ServiceException {
        try {
            return new VolumeShape(Geometry.ofBytes(size, logical, physical), granularity);
        } catch (IllegalArgumentException e) {
            throw ServiceException.invalid(
                    "no volume can have this shape",
                    String.valueOf(e.getMessage()),
                    "use blocks of 512 or 4096 bytes, and a size of whole blocks up to 1 PiB");
        }
    }
}
