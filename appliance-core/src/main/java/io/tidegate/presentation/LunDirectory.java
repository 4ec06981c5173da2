package io.tidegate.presentation;

import java.util.List;
import java.util.Optional;

/**
 * What the target asks of the rest of the house: who may log in where and sees what. All names are
 * normalised iSCSI names. Answers come from memory and never block, so loops may ask.
 */
public interface LunDirectory {

    Optional<TargetInfo> target(String targetName);

    /** Targets on which this initiator sees at least one LUN, or may log in for discovery. */
    List<TargetInfo> targetsFor(String initiatorName);

    /** What this initiator has to prove; {@code targetName} is empty for a discovery session. */
    LoginRule loginRule(Optional<String> targetName, String initiatorName);

    /**
     * The portal of the target that this initiator is to use instead of the others; empty when all
     * of them serve it, as in a directory that knows no redirects.
     */
    default Optional<TargetInfo.Portal> redirect(String targetName, String initiatorName) {
        return Optional.empty();
    }

    /** The LUNs of this initiator on this target; {@link LunView#NOTHING} when no host has it. */
    LunView luns(String targetName, String initiatorName);

    void addListener(LunListener listener);

    void removeListener(LunListener listener);
}
