package io.gatehouse.plugins.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.simulator.FaultServer;
import io.gatehouse.simulator.ServerScript;
import io.gatehouse.testkit.GatewayExtension;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Both transformers on one route, over sockets, with an upstream that misbehaves. */
class TransformIT {
    private static final FaultServer UPSTREAM = FaultServer.start(ServerScript.silent());

    @RegisterExtension
    static final GatewayExtension gateway =
            GatewayExtension.of("""
            _format_version: "3.0"
            services:
            - name: all
              url: http://upstream.example
              routes:
              - {name: users, paths: ['~/users/(?<id>\\d+)']}
            plugins:
            - name: request-transformer
              config:
                replace: {uri: "/v2/$(uri_captures.id)", headers: ["host:other.example"]}
                add: {headers: ["x-who:$(headers.x_user or 'nobody')"], body: ["from:gateway"]}
                remove: {headers: [x-user], querystring: [debug]}
            - name: response-transformer
              config:
                remove: {json: [secret], headers: [x-internal]}
                add: {headers: ["x-by:gatehouse"], json: ["n:1"], json_types: [number]}
            """).connect("http://upstream.example", UPSTREAM.baseUrl());

    @AfterAll
    static void stopUpstream() {
        UPSTREAM.close();
    }

    @Test
    void changesBothWays() throws Exception {
        UPSTREAM.script(ServerScript.builder()
                .readRequest()
                .head(
                        200,
                        "Content-Type: application/json",
                        "X-Internal: yes",
                        "Content-Length: 22",
                        "Connection: close")
                .send("{\"secret\":1,\"open\":[]}")
                .build());
        HttpResponse<String> response = gateway.post("/users/7/x?debug=1&a=%2f", "{\"k\": 1e3}", "X-User", "alice");

        assertThat(response.body()).isEqualTo("{\"open\":[],\"n\":1}");
        assertThat(response.headers().map()).containsKey("x-by").doesNotContainKey("x-internal");
        String sent =
                UPSTREAM.connections().get(UPSTREAM.connections().size() - 1).receivedText();
        assertThat(sent)
                .startsWith("POST /v2/7?a=%2f HTTP/1.1\r\n")
                .containsIgnoringCase("\r\nhost: other.example\r\n")
                .containsIgnoringCase("\r\nx-who: alice\r\n")
                .endsWith("{\"k\": 1e3,\"from\":\"gateway\"}")
                .doesNotContainIgnoringCase("x-user");
    }

    @Test
    void answers502WhenTheUpstreamDiesInABodyThatIsToBeChanged() throws Exception {
        UPSTREAM.script(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Type: application/json", "Content-Length: 100")
                .send("{\"secret\":1,")
                .reset()
                .build());
        HttpResponse<String> response = gateway.get("/users/7");

        assertThat(response.statusCode()).isEqualTo(502);
        assertThat(response.body()).doesNotContain("secret");
    }

    @Test
    void neverEndsAStreamWhoseUpstreamDiesInIt() throws Exception {
        UPSTREAM.script(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Type: text/plain", "Content-Length: 100")
                .send("half")
                .awaitRelease()
                .reset()
                .build());
        HttpResponse<InputStream> half =
                gateway.client().send(gateway.request("/users/7").build(), BodyHandlers.ofInputStream());

        assertThat(half.statusCode()).isEqualTo(200);
        UPSTREAM.release(); // only now, or the gateway may hear of the end before it has passed on the beginning
        assertThatThrownBy(() -> half.body().readAllBytes()).isInstanceOf(IOException.class);
    }

    @Test
    void forgetsAClientThatLeavesWhileABodyIsRead() throws Exception {
        UPSTREAM.script(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Type: application/json", "Content-Length: 100")
                .send("{\"secret\":1,")
                .hang()
                .build());
        int before = UPSTREAM.connections().size();
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), gateway.gateway().proxyPort())) {
            socket.getOutputStream()
                    .write("GET /users/7 HTTP/1.1\r\nHost: g\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            UPSTREAM.await(
                            connection -> connection.index() >= before && connection.bytesSent() > 0,
                            Duration.ofSeconds(30))
                    .get();
            InputStream in = socket.getInputStream();
            assertThat(in.available()).isZero();
        }
        gateway.awaitIdle();
    }
}
