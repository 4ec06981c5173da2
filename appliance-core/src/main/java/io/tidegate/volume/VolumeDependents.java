package io.tidegate.volume;

import io.tidegate.catalog.Tx;
import java.util.List;
import org.jdbi.v3.core.Handle;

/** Others whose rows depend on volumes: snapshots, QRVs, jobs. */
public interface VolumeDependents {

    /**
     * What of theirs needs the volume, in words, such as {@code QRV db01-q1}; empty for nothing.
     */
    List<String> needing(Handle handle, VolumeId volume);

    /** The volume is gone for good, with its snapshots: drop or mark what belonged to it. */
    void purged(Tx tx, VolumeId volume);
}
