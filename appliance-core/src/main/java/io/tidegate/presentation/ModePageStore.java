package io.tidegate.presentation;

import java.util.Optional;

/** Keeps mode parameters that were saved with SP=1. Calls block. */
public interface ModePageStore {

    /**
     * Saved mode parameters.
     *
     * @param writeCache WCE of the caching page
     * @param softwareWriteProtect SWP of the control page
     * @param descriptorSense D_SENSE of the control page
     */
    record SavedModes(boolean writeCache, boolean softwareWriteProtect, boolean descriptorSense) {}

    Optional<SavedModes> load(LogicalUnitId unit);

    /** Returns when it is durable. */
    void save(LogicalUnitId unit, SavedModes modes) throws java.io.IOException;
}
