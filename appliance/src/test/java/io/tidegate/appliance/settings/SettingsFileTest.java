package io.tidegate.appliance.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsFileTest {

    @TempDir Path dir;

    @Test
    void readsWhatIsThereAndKeepsTheRest() throws IOException {
        Settings settings =
                read(
                        "iscsi: 127.0.0.2:3261\nfast_pool_size: 10GiB\nbin_grace: 7d\nio_workers: 8\n"
                                + "node_cache: 64MiB\n");
        assertThat(settings.iscsi()).isEqualTo(new AddressPort("127.0.0.2", 3261));
        assertThat(settings.fastPoolSize()).isEqualTo(10L << 30);
        assertThat(settings.binGrace()).isEqualTo(Duration.ofDays(7));
        assertThat(settings.ioWorkers()).isEqualTo(8);
        assertThat(settings.nodeCache()).isEqualTo(64L << 20);
        assertThat(settings.ssh()).isEqualTo(Settings.defaults().ssh());
    }

    @Test
    void aNodeCacheLeavesMostOfTheHeapToOthers() throws IOException {
        assertThat(read("heap: 4g\nnode_cache: 1GiB\n").nodeCache()).isEqualTo(1L << 30);
        assertThatThrownBy(() -> read("heap: 1g\nnode_cache: 512MiB\n"))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("node_cache");
        assertThatThrownBy(() -> read("node_cache: 4096\n"))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("node_cache");
    }

    @Test
    void whatHostsAreToldIsANameOrAnAddressThatTheyCanReach() throws IOException {
        assertThat(Settings.defaults().iscsiAdvertise()).isEmpty();
        assertThat(read("iscsi_advertise: san.example:13260\n").iscsiAdvertise())
                .map(AddressPort::unresolved)
                .contains(InetSocketAddress.createUnresolved("san.example", 13260));
        assertThat(read("iscsi_advertise: '[2001:db8::1]:3260'\n").iscsiAdvertise())
                .map(AddressPort::toString)
                .contains("[2001:db8::1]:3260");
        for (String wrong : List.of("192.0.2.1:0", "0.0.0.0:3260", "'[::]:3260'")) {
            assertThatThrownBy(() -> read("iscsi_advertise: " + wrong + "\n"))
                    .isInstanceOf(SettingsException.class)
                    .hasMessageContaining("iscsi_advertise");
        }
    }

    @Test
    void limitsOfSessionsHaveARange() throws IOException {
        Settings settings = read("max_sessions_per_host: 4\nkeep_alive: 5s\n");
        assertThat(settings.maxSessionsPerHost()).isEqualTo(4);
        assertThat(settings.keepAlive()).isEqualTo(Duration.ofSeconds(5));
        for (String wrong : List.of("max_sessions_per_host: 0", "keep_alive: 0s")) {
            assertThatThrownBy(() -> read(wrong + "\n"))
                    .isInstanceOf(SettingsException.class)
                    .hasMessageContaining(wrong.substring(0, wrong.indexOf(':')));
        }
    }

    @Test
    void anEmptyFileChangesNothing() throws IOException {
        assertThat(read("")).isEqualTo(Settings.defaults());
        assertThat(read("# only a comment\n")).isEqualTo(Settings.defaults());
    }

    @Test
    void anUnknownKeyIsAnErrorWithLineAndSuggestion() {
        assertThatThrownBy(() -> read("ssh: 127.0.0.1:22\niscis: 127.0.0.1:1\n"))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("line 2")
                .hasMessageContaining("'iscis'")
                .hasMessageContaining("did you mean 'iscsi'?");
    }

    @Test
    void aRepeatedKeyABadSizeAndABadAddressAreErrors() {
        assertThatThrownBy(() -> read("heap: 1g\nheap: 2g\n"))
                .isInstanceOf(SettingsException.class);
        assertThatThrownBy(() -> read("fast_pool_size: 1.5T\n"))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("1.5T");
        assertThatThrownBy(() -> read("iscsi: everywhere\n"))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("ADDRESS:PORT");
        assertThatThrownBy(() -> read("[1, 2\n")).isInstanceOf(SettingsException.class);
    }

    @Test
    void takesVariablesOfTheEnvironment() throws IOException {
        assertThat(read("data: ${WHERE}/x\n").data()).isEqualTo(Path.of("/srv/x"));
        assertThatThrownBy(() -> read("data: ${NOWHERE}/x\n"))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("NOWHERE");
    }

    private Settings read(String text) throws IOException {
        Path file = Files.writeString(dir.resolve("tidegate.yaml"), text);
        return Settings.defaults().with(SettingsFile.read(file, Map.of("WHERE", "/srv")));
    }
}
