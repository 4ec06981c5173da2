package io.tidegate.target.device;

import io.tidegate.presentation.LunDirectory;
import io.tidegate.presentation.TargetInfo;
import io.tidegate.scsi.Be;
import java.util.List;

/**
 * The one target port group of a single gateway: every port is active/optimized (SPC-5, 5.18 and
 * 6.36). The states are the gateway's own to change (TPGS says implicit only), so that there is no
 * SET TARGET PORT GROUPS.
 */
final class TargetPortGroups {

    static final int GROUP = 1;

    private static final int DESCRIPTOR = 8;
    private static final int ACTIVE_OPTIMIZED_SUPPORTED = 0x01;

    private TargetPortGroups() {}

    /** Relative target port identifiers of a target: the tags of its portal groups, ascending. */
    static List<Integer> ports(LunDirectory directory, NexusId id) {
        List<Integer> tags =
                directory.target(id.targetName()).stream()
                        .flatMap(t -> t.portals().stream())
                        .map(TargetInfo.Portal::groupTag)
                        .distinct()
                        .sorted()
                        .toList();
        return tags.contains(id.portalGroupTag()) ? tags : List.of(id.portalGroupTag());
    }

    /**
     * @param extended with the header that tells transition times
     * @param ports relative target port identifiers
     */
    static byte[] report(boolean extended, List<Integer> ports) {
        int start = extended ? 8 : 4;
        byte[] out = new byte[start + DESCRIPTOR + 4 * ports.size()];
        Be.put32(out, 0, out.length - 4);
        if (extended) {
            out[4] = 0x10;
        }
        out[start + 1] = ACTIVE_OPTIMIZED_SUPPORTED;
        Be.put16(out, start + 2, GROUP);
        Be.put8(out, start + 7, ports.size());
        int at = start + DESCRIPTOR;
        for (int port : ports) {
            Be.put16(out, at + 2, port);
            at += 4;
        }
        return out;
    }
}
