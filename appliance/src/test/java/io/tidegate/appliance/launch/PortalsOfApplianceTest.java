package io.tidegate.appliance.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.initiator.DiscoveredTarget;
import io.tidegate.initiator.Initiator;
import io.tidegate.initiator.InitiatorSettings;
import io.tidegate.initiator.Session;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Portals from the settings and from the shell, as hosts discover and use them. */
class PortalsOfApplianceTest {
    private static final String HOST = "iqn.1998-01.com.example:esx7";

    @TempDir Path dir;

    private static int freePort() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }

    private static DiscoveredTarget discover(InetSocketAddress portal) throws Exception {
        try (Initiator initiator = new Initiator(1)) {
            List<DiscoveredTarget> found =
                    initiator.discover(InitiatorSettings.of(portal, HOST, "iqn.1998-01.none:x"));
            assertThat(found).hasSize(1);
            return found.getFirst();
        }
    }

    @Test
    void eachPortalIsToldAsItIsAdvertisedAndServedWhereItListens() throws Exception {
        Peers.need("ssh");
        try (RunningAppliance appliance =
                new RunningAppliance(dir, "[::1]:0", "iscsi_advertise: san.example:13260\n")) {
            String four = "127.0.0.1:" + freePort();
            appliance.ssh("host", "create", "esx7", "--iqn", HOST).ok();
            appliance.ssh("volume", "create", "db01", "--pool", "fast", "--size", "16MiB").ok();
            appliance.ssh("lun", "map", "db01", "--host", "esx7").ok();
            appliance.ssh("target", "portal", "add", four, "--group", "2").ok();
            for (int start = 0; start < 2; start++) {
                InetSocketAddress six = appliance.portal();
                InetSocketAddress other =
                        new InetSocketAddress("127.0.0.1", Integer.parseInt(four.substring(10)));
                DiscoveredTarget target = discover(six);
                assertThat(target.addresses()).containsExactly("san.example:13260,1", four + ",2");
                assertThat(discover(other)).isEqualTo(target);
                for (InetSocketAddress portal : List.of(six, other)) {
                    try (Initiator initiator = new Initiator(1);
                            Session session =
                                    initiator.connect(
                                            InitiatorSettings.of(portal, HOST, target.name()))) {
                        assertThat(session.openLun(0).geometry().sizeBytes()).isEqualTo(16 << 20);
                    }
                }
                appliance.kill();
                appliance.startAgain(); // the catalog keeps its portals, the settings theirs
            }
        }
    }
}
