package io.tidegate.target.iscsi;

import io.tidegate.presentation.LunDirectory;
import io.tidegate.target.device.DeviceServer;
import java.time.Clock;

/** What every connection of one target server shares. */
record Environment(
        LunDirectory directory,
        DeviceServer server,
        TargetSettings settings,
        Clock clock,
        SessionTable sessions,
        LoginGuard guard) {}
