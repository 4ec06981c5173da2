package io.tidegate.appliance.launch;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main job with real parts: OpenSSH gives the orders, qemu-img is the host. */
class MainJobTest {

    private static final JsonMapper MAPPER = new JsonMapper();
    private static final int IMAGE_BYTES = 48 << 20;

    @TempDir Path dir;

    private @Nullable RunningAppliance appliance;

    @Test
    void writeSnapshotCopyRefreshDamagePromoteCompare() throws Exception {
        Peers.need("ssh", "qemu-img");
        try (RunningAppliance running = new RunningAppliance(dir)) {
            appliance = running;
            ssh("volume create db01 --pool fast --size 48MiB");
            ssh("host create lab --any-initiator --yes");
            ssh("lun map db01 --host lab --lun 0");
            String target = json("target list").get("items").get(0).get("name").asText();
            String lun = "iscsi://" + running.state().iscsi() + "/" + target + "/0";
            Path first = image("first", 1);
            Path second = image("second", 2);
            Path damaged = image("damaged", 3);

            qemu("convert", "-n", "-f", "raw", "-O", "raw", first.toString(), lun);
            qemu("compare", "-f", "raw", "-F", "raw", first.toString(), lun);
            ssh("snapshot create db01 --name before");
            ssh("qrv create db01 --name db01-q1 --pool capacity");
            qemu("convert", "-n", "-f", "raw", "-O", "raw", second.toString(), lun);
            ssh("qrv refresh db01-q1");
            ssh("qrv verify db01-q1");
            qemu("convert", "-n", "-f", "raw", "-O", "raw", damaged.toString(), lun);

            // Without the operator's word the pointer moves, but hosts are kept out.
            String naa = json("volume show db01").findPath("naa").asText();
            Peers.Ran held = run("qrv promote db01-q1 --unplanned --yes --confirm db01-q1");
            assertThat(held.exitCode()).isEqualTo(7);
            ssh("qrv promote db01-q1 --hosts-stopped --yes --confirm db01-q1");
            assertThat(json("volume show db01").findPath("naa").asText()).isEqualTo(naa);
            qemu("compare", "-f", "raw", "-F", "raw", second.toString(), lun);

            ssh("lun map db01-old --host lab --lun 1 --read-only");
            String old = "iscsi://" + running.state().iscsi() + "/" + target + "/1";
            qemu("compare", "-f", "raw", "-F", "raw", damaged.toString(), old);
            assertThat(run("audit verify").exitCode()).isZero();
            metricsAreThere();
        }
    }

    private void metricsAreThere() throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            String base = "http://" + requireNonNull(appliance).state().http();
            assertThat(get(client, base + "/healthz").statusCode()).isEqualTo(200);
            assertThat(get(client, base + "/readyz").statusCode()).isEqualTo(200);
            String metrics = get(client, base + "/metrics").body();
            assertThat(metrics)
                    .contains("tidegate_build_info")
                    .contains("tidegate_volume_write_bytes_total{volume=\"db01\"")
                    .contains("tidegate_iscsi_sessions")
                    .contains("tidegate_job_duration_seconds")
                    .contains("tidegate_pool_free_bytes{pool=\"fast\"");
        }
    }

    private static HttpResponse<String> get(HttpClient client, String uri) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create(uri)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private Path image(String name, long seed) throws Exception {
        byte[] bytes = new byte[IMAGE_BYTES];
        new Random(seed).nextBytes(bytes);
        return Files.write(dir.resolve(name + ".raw"), bytes);
    }

    private void qemu(String... words) throws Exception {
        List<String> command = new java.util.ArrayList<>(List.of("qemu-img"));
        command.addAll(List.of(words));
        Peers.run(dir, command).ok();
    }

    private Peers.Ran run(String command) throws Exception {
        return requireNonNull(appliance).ssh(command.split(" "));
    }

    private void ssh(String command) throws Exception {
        run(command).ok();
    }

    private JsonNode json(String command) throws Exception {
        return MAPPER.readTree(run(command + " -o json").ok().out());
    }
}
