package io.tidegate.appliance.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HttpServerTest {

    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server =
                HttpServer.start(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        Map.of(
                                "/healthz", () -> HttpReply.text(200, "ok\n"),
                                "/broken",
                                        () -> {
                                            throw new IllegalStateException("secret detail");
                                        }));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void answersWhatItKnowsAndRefusesTheRest() throws Exception {
        assertThat(get("GET", "/healthz").body()).isEqualTo("ok\n");
        assertThat(get("GET", "/healthz?verbose=1").statusCode()).isEqualTo(200);
        assertThat(get("HEAD", "/healthz").statusCode()).isEqualTo(200);
        assertThat(get("GET", "/nothing").statusCode()).isEqualTo(404);
        assertThat(get("POST", "/healthz").statusCode()).isEqualTo(405);
    }

    @Test
    void aFailureTellsNothingOfItsInside() throws Exception {
        HttpResponse<String> reply = get("GET", "/broken");
        assertThat(reply.statusCode()).isEqualTo(500);
        assertThat(reply.body()).doesNotContain("secret").doesNotContain("Exception");
    }

    @Test
    void aHeadWithoutEndIsCutOff() throws Exception {
        try (Socket socket =
                new Socket(server.address().getAddress(), server.address().getPort())) {
            String line = "X-Long: " + "a".repeat(1000) + "\r\n";
            socket.getOutputStream()
                    .write(
                            ("GET /healthz HTTP/1.1\r\n" + line.repeat(20) + "\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
            String answer =
                    new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertThat(answer).startsWith("HTTP/1.1 4");
        }
        assertThat(get("GET", "/healthz").statusCode()).isEqualTo(200);
    }

    private HttpResponse<String> get(String method, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + server.address().getPort() + path);
        HttpRequest request =
                HttpRequest.newBuilder(uri)
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        }
    }
}
