package io.tidegate.target.device;

import io.tidegate.presentation.LogicalUnit;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What the device server needs of the transport's task sets. Implemented by the transport. */
public interface TaskControl {

    /**
     * Ends tasks on a unit without an answer to their initiators.
     *
     * @param of only tasks of this nexus; null for all
     * @param except not tasks of this nexus; null for none
     * @return completes when none of those tasks can touch the medium any more; never from a loop
     *     that the caller blocks
     */
    CompletionStage<Void> abortTasks(
            LogicalUnit unit, @Nullable NexusId of, @Nullable NexusId except);
}
