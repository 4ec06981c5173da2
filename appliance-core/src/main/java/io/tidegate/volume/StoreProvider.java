package io.tidegate.volume;

import java.nio.file.Path;
import java.util.List;

/** Makes and opens the stores behind pools; a port that the wiring fills. Calls block. */
public interface StoreProvider {

    /**
     * Makes a store where the row says, and opens it.
     *
     * @throws StoreException {@code EXISTS} when the directory holds anything: nothing was changed
     */
    VolumeStore create(PoolRecord pool) throws StoreException;

    /** Opens the store, after recovering it where that is needed. */
    VolumeStore open(PoolRecord pool) throws StoreException;

    /**
     * After a failed sync: recovers the open store from what is surely on disk; handles go on.
     *
     * @param acknowledgeLoss that writes since the last good sync may be lost; without it the store
     *     stays read-only
     */
    void reopen(VolumeStore store, boolean acknowledgeLoss) throws StoreException;

    /** Looks at the structures of an open store; changes nothing. */
    StoreCheck check(VolumeStore store) throws StoreException;

    /**
     * Reads everything that a checksum vouches for, while the store is in use; changes nothing.
     *
     * @throws StoreException {@code IO} when it could not go on
     */
    ScrubReport scrub(VolumeStore store, ScrubControl control) throws StoreException;

    /**
     * Makes an open store larger, while it is in use.
     *
     * @param sizeBytes the new most that it may take; not less than now
     * @throws StoreException {@code LIMIT} when it would shrink or outgrow the format or its
     *     devices, {@code NO_SPACE}
     */
    void grow(VolumeStore store, long sizeBytes) throws StoreException;

    /**
     * Adds devices to an open store on devices, while it is in use.
     *
     * @throws StoreException {@code LIMIT} when it lies on files or a device does not fit, {@code
     *     IO} when a device cannot be used
     */
    void grow(VolumeStore store, List<Path> devices) throws StoreException;
}
