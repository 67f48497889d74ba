package io.gatehouse.plugins.auth;

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
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The auth plugins alone and together, over sockets, with an upstream that misbehaves. */
class AuthIT {
    private static final FaultServer UPSTREAM =
            FaultServer.builder().capture(1 << 20).start(ServerScript.silent());

    private static final String BASIC = "Basic " + encoded("bob:secret");

    @RegisterExtension
    static final GatewayExtension gateway =
            GatewayExtension.of("""
            _format_version: "3.0"
            services:
            - name: basic
              url: http://upstream.example
              routes:
              - {name: basic, paths: [/basic]}
              plugins:
              - {name: basic-auth}
            - name: all
              url: http://upstream.example
              routes:
              - {name: all, paths: [/all]}
              plugins:
              - {name: key-auth}
              - {name: basic-auth}
            - name: any
              url: http://upstream.example
              routes:
              - {name: any, paths: [/any]}
              plugins:
              - {name: key-auth, config: {anonymous: guest}}
              - {name: basic-auth, config: {anonymous: guest}}
            consumers:
            - username: guest
            - username: alice
              keyauth_credentials:
              - {key: alice-key}
            - username: robert
              basicauth_credentials:
              - {username: bob, password: secret}
            """).connect("http://upstream.example", UPSTREAM.baseUrl());

    /** A way in for each plugin: the path, and the headers that open it. */
    record Door(String path, String... headers) {}

    static List<Door> doors() {
        return List.of(new Door("/basic", "Authorization", BASIC));
    }

    @AfterAll
    static void stopUpstream() {
        UPSTREAM.close();
    }

    @BeforeEach
    void healthyUpstream() {
        UPSTREAM.script(
                ServerScript.builder().readRequest().respond(200, "{}").repeat().build());
    }

    @Test
    void basicAuthKnowsItsClients() throws Exception {
        HttpResponse<String> known = gateway.get("/basic/x", "Authorization", BASIC);
        HttpResponse<String> wrong = gateway.get("/basic", "Authorization", "Basic " + encoded("bob:wrong"));
        HttpResponse<String> none = gateway.get("/basic", "Accept", "text/plain");

        assertThat(known.statusCode()).isEqualTo(200);
        assertThat(lastRequest())
                .contains("X-Consumer-Username: robert", "X-Credential-Identifier: bob")
                .doesNotContain("Authorization");
        assertThat(wrong.statusCode()).isEqualTo(401);
        assertThat(wrong.body()).contains("\"message\":\"Unauthorized\"", "\"request_id\":");
        assertThat(none.body()).startsWith("Unauthorized\nrequest_id: ");
        assertThat(none.headers().firstValue("WWW-Authenticate")).contains("Basic realm=\"service\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "/all|alice-key|bob:secret|200|robert",
                "/all|alice-key|-|401|-",
                "/all|-|bob:secret|401|-",
                "/all|wrong|bob:secret|401|-",
                "/any|alice-key|bob:secret|200|alice",
                "/any|alice-key|bob:wrong|200|alice",
                "/any|-|bob:secret|200|robert",
                "/any|wrong|bob:secret|200|robert",
                "/any|-|-|200|guest",
                "/any|wrong|bob:wrong|200|guest",
            })
    void severalPluginsAllOrAny(String path, String key, String login, int status, String consumer) throws Exception {
        HttpResponse<String> response = gateway.get(
                path,
                key == null ? "X-No-Key" : "apikey",
                key == null ? "-" : key,
                login == null ? "X-No-Login" : "Authorization",
                login == null ? "-" : "Basic " + encoded(login));

        assertThat(response.statusCode()).isEqualTo(status);
        if (consumer != null) {
            assertThat(lastRequest()).contains("X-Consumer-Username: " + consumer);
            assertThat(lastRequest().contains("X-Anonymous-Consumer: true")).isEqualTo(consumer.equals("guest"));
        }
    }

    @ParameterizedTest
    @MethodSource("doors")
    void passesOnThatTheUpstreamDied(Door door) throws Exception {
        UPSTREAM.script(ServerScript.builder().readRequest().reset().repeat().build());
        assertThat(gateway.get(door.path, door.headers).statusCode()).isEqualTo(502);

        UPSTREAM.script(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Length: 100")
                .send("half")
                .reset()
                .build());
        assertThatThrownBy(() -> gateway.get(door.path, door.headers)).isInstanceOf(IOException.class);
    }

    @ParameterizedTest
    @MethodSource("doors")
    void forgetsAClientThatLeaves(Door door) throws Exception {
        UPSTREAM.script(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Length: 100")
                .send("half")
                .hang()
                .build());
        StringBuilder head = new StringBuilder("GET " + door.path + " HTTP/1.1\r\nHost: g\r\n");
        for (int i = 0; i < door.headers.length; i += 2) {
            head.append(door.headers[i])
                    .append(": ")
                    .append(door.headers[i + 1])
                    .append("\r\n");
        }
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), gateway.gateway().proxyPort())) {
            socket.getOutputStream().write(head.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            assertThat(in.readNBytes(12)).asString(StandardCharsets.US_ASCII).isEqualTo("HTTP/1.1 200");
        }
        gateway.awaitIdle();
    }

    private static String lastRequest() {
        var connections = UPSTREAM.connections();
        String all = connections.get(connections.size() - 1).receivedText();
        return all.substring(all.lastIndexOf("GET /"));
    }

    private static String encoded(String login) {
        return Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
    }
}
