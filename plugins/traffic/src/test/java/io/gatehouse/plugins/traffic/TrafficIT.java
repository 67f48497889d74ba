package io.gatehouse.plugins.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import io.gatehouse.testkit.GatewayExtension;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The plugins of this module together on one route, over sockets, with an upstream that misbehaves. */
class TrafficIT {
    private static final FaultServer UPSTREAM =
            FaultServer.builder().capture(1 << 20).start(ServerScript.silent());

    private static final String YAML = """
        _format_version: "3.0"
        services:
        - name: all
          url: http://upstream.example
          routes:
          - {name: all, paths: [/all]}
          plugins:
          - {name: correlation-id, config: {echo_downstream: true}}
          - {name: cors, config: {origins: [app.example], credentials: true}}
          - {name: bot-detection}
          - {name: ip-restriction, config: {allow: [127.0.0.0/8, "::1"]}}
          - {name: request-size-limiting, config: {allowed_payload_size: 100, size_unit: kilobytes}}
          - {name: request-termination, config: {trigger: x-stop, status_code: 410, message: gone}}
        - name: closed
          url: http://upstream.example
          routes:
          - {name: closed, paths: [/closed]}
          plugins:
          - {name: ip-restriction, config: {deny: [127.0.0.0/8, "::1"]}}
        - name: limited
          url: http://upstream.example
          routes:
          - {name: limited, paths: [/limited]}
          plugins:
          - {name: rate-limiting, config: {year: 50, limit_by: header, header_name: X-Client}}
        - name: cached
          url: http://upstream.example
          routes:
          - {name: cached, paths: [/cached]}
          plugins:
          - {name: proxy-cache, config: {strategy: memory}}
        """;

    @RegisterExtension
    static final GatewayExtension gateway =
            GatewayExtension.of(YAML).connect("http://upstream.example", UPSTREAM.baseUrl());

    @AfterAll
    static void stopUpstream() {
        UPSTREAM.close();
    }

    @BeforeEach
    void healthyUpstream() {
        // a connection for each request, so that the next script is the next request's
        UPSTREAM.script(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Type: application/json", "Content-Length: 2", "Connection: close")
                .send("{}")
                .close()
                .build());
    }

    @Test
    void passesWhatIsAllowed() throws Exception {
        HttpResponse<String> response = gateway.get("/all/x", "User-Agent", "curl/8", "Kong-Request-ID", "mine");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(header(response, "Kong-Request-ID")).isEqualTo("mine");
        assertThat(header(response, "Access-Control-Allow-Origin")).isEqualTo("app.example");
        assertThat(UPSTREAM.connections())
                .anyMatch(connection -> connection.receivedText().contains("Kong-Request-ID: mine"));
    }

    @Test
    void refusesInKongsWordsAndStillMarksTheAnswer() throws Exception {
        HttpResponse<String> bot = gateway.get("/all", "User-Agent", "Googlebot/2.1");
        HttpResponse<String> stopped = gateway.get("/all?x-stop", "User-Agent", "curl/8");
        HttpResponse<String> closed = gateway.get("/closed");

        assertThat(bot.statusCode()).isEqualTo(403);
        assertThat(bot.body()).contains("\"message\":\"Forbidden\"");
        assertThat(header(bot, "Kong-Request-ID")).contains("#");
        assertThat(stopped.statusCode()).isEqualTo(410);
        assertThat(stopped.body()).isEqualTo("{\"message\":\"gone\"}");
        assertThat(header(stopped, "Access-Control-Allow-Origin")).isEqualTo("app.example");
        assertThat(closed.statusCode()).isEqualTo(403);
        assertThat(closed.body()).contains("\"message\":\"IP address not allowed: 127.0.0.1\"");
    }

    @Test
    void answersAPreflight() throws Exception {
        HttpResponse<String> response = gateway.send(gateway.request(
                        "/all",
                        "User-Agent",
                        "curl/8",
                        "Origin",
                        "http://app.example",
                        "Access-Control-Request-Method",
                        "PUT")
                .method("OPTIONS", BodyPublishers.noBody()));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(header(response, "Content-Length")).isEqualTo("0");
        assertThat(header(response, "Access-Control-Allow-Methods")).startsWith("GET,HEAD,PUT");
    }

    @Test
    void cutsUploadsOffAtTheLimit() throws Exception {
        byte[] large = new byte[100 * 1024 + 1];
        HttpResponse<String> known = gateway.send(post().POST(BodyPublishers.ofByteArray(large)));
        HttpResponse<String> chunked =
                gateway.send(post().POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(large))));
        HttpResponse<String> fits = gateway.send(
                post().POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(large, 0, 100 * 1024))));

        assertThat(known.statusCode()).isEqualTo(413);
        assertThat(known.body()).contains("\"message\":\"Request size limit exceeded\"");
        assertThat(chunked.statusCode()).isEqualTo(413);
        assertThat(chunked.body()).contains("\"message\":\"Request size limit exceeded\"");
        assertThat(fits.statusCode()).isEqualTo(200);
    }

    @Test
    void letsExactlyTheLimitPassWhenAllCallAtOnceAndCountsOnAfterAReload() throws Exception {
        List<CompletableFuture<HttpResponse<String>>> calls = new ArrayList<>();
        for (int i = 0; i < 80; i++) {
            calls.add(gateway.client()
                    .sendAsync(gateway.request("/limited", "X-Client", "a").build(), BodyHandlers.ofString()));
        }
        List<Integer> statuses = new ArrayList<>();
        for (CompletableFuture<HttpResponse<String>> call : calls) {
            statuses.add(call.get().statusCode());
        }
        assertThat(statuses).filteredOn(status -> status == 200).hasSize(50);
        assertThat(statuses).filteredOn(status -> status == 429).hasSize(30);
        assertThat(gateway.get("/limited", "X-Client", "b").statusCode()).isEqualTo(200);

        assertThat(gateway.reload(YAML.replace("year: 50", "year: 51"))).isEmpty();
        HttpResponse<String> last = gateway.get("/limited", "X-Client", "a");
        assertThat(last.statusCode()).isEqualTo(200);
        assertThat(header(last, "RateLimit-Remaining")).isEqualTo("0");
        assertThat(gateway.get("/limited", "X-Client", "a").statusCode()).isEqualTo(429);
    }

    @Test
    void asksTheUpstreamOnceForManyClients() throws Exception {
        int before = UPSTREAM.requests();
        List<CompletableFuture<HttpResponse<String>>> calls = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            calls.add(gateway.client().sendAsync(gateway.request("/cached/many").build(), BodyHandlers.ofString()));
        }
        for (CompletableFuture<HttpResponse<String>> call : calls) {
            assertThat(call.get().body()).isEqualTo("{}");
        }
        assertThat(UPSTREAM.requests() - before).isEqualTo(1);
        assertThat(header(gateway.get("/cached/many"), "X-Cache-Status")).isEqualTo("Hit");
        HttpResponse<String> miss = gateway.get("/cached/length");
        assertThat(header(miss, "X-Cache-Status")).isEqualTo("Miss");
        assertThat(header(miss, "Content-Length")).isEqualTo("2");
    }

    @Test
    void givesWhatIsKeptTheHeadersOfAnUpstreamsAnswer() throws Exception {
        UPSTREAM.script(ServerScript.builder()
                .readRequest()
                .head(
                        200,
                        "Content-Type: application/json",
                        "Content-Length: 2",
                        "Date: Sun, 06 Nov 1994 08:49:37 GMT",
                        "Via: 1.1 other",
                        "Connection: close")
                .send("{}")
                .close()
                .build());
        gateway.get("/cached/heads");
        HttpResponse<String> hit = gateway.get("/cached/heads");
        assertThat(header(hit, "X-Cache-Status")).isEqualTo("Hit");
        assertThat(header(hit, "X-Kong-Upstream-Latency")).isEqualTo("0");
        assertThat(header(hit, "X-Kong-Proxy-Latency")).matches("\\d+");
        assertThat(hit.headers().firstValue("X-Kong-Response-Latency")).isEmpty();
        assertThat(header(hit, "Via")).startsWith("1.1 other, 1.1 gatehouse/");
        assertThat(header(hit, "Date")).isEqualTo("Sun, 06 Nov 1994 08:49:37 GMT");
    }

    @Test
    void keepsNoAnswerWhoseUpstreamDiesInIt() throws Exception {
        UPSTREAM.script(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Type: application/json", "Content-Length: 100")
                .send("half")
                .awaitRelease()
                .reset()
                .build());
        assertDiesInItsBody("/cached/half");

        healthyUpstream();
        HttpResponse<String> response = gateway.get("/cached/half");
        assertThat(response.body()).isEqualTo("{}");
        assertThat(header(response, "X-Cache-Status")).isEqualTo("Miss");
    }

    @Test
    void marksTheAnswerOfAnUpstreamThatDiesBeforeItsHead() throws Exception {
        UPSTREAM.script(ServerScript.builder().readRequest().reset().repeat().build());
        HttpResponse<String> response = gateway.send(post().POST(BodyPublishers.ofString("x")));

        assertThat(response.statusCode()).isEqualTo(502);
        assertThat(header(response, "Kong-Request-ID")).contains("#");
        assertThat(header(response, "Access-Control-Allow-Origin")).isEqualTo("app.example");
    }

    @Test
    void neverEndsAnAnswerWhoseUpstreamDiesInIt() throws Exception {
        UPSTREAM.script(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Length: 100")
                .send("half")
                .awaitRelease()
                .reset()
                .build());

        assertDiesInItsBody("/all", "User-Agent", "curl/8");
    }

    private static void assertDiesInItsBody(String path, String... headers) throws Exception {
        HttpResponse<InputStream> half =
                gateway.client().send(gateway.request(path, headers).build(), BodyHandlers.ofInputStream());
        assertThat(half.statusCode()).isEqualTo(200);
        UPSTREAM.release(); // only now, or the gateway may hear of the end before it has passed on the beginning
        assertThatThrownBy(() -> half.body().readAllBytes()).isInstanceOf(IOException.class);
    }

    @Test
    void forgetsAClientThatLeaves() throws Exception {
        UPSTREAM.script(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Length: 100")
                .send("half")
                .hang()
                .build());
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), gateway.gateway().proxyPort())) {
            socket.getOutputStream()
                    .write("GET /all HTTP/1.1\r\nHost: g\r\nUser-Agent: curl/8\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            assertThat(in.readNBytes(12)).asString(StandardCharsets.US_ASCII).isEqualTo("HTTP/1.1 200");
        }
        gateway.awaitIdle();
    }

    private static HttpRequest.Builder post() {
        return gateway.request("/all", "User-Agent", "curl/8");
    }

    private static String header(HttpResponse<String> response, String name) {
        return response.headers().firstValue(name).orElse("none");
    }
}
