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
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
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

    /** Says that "issuer" signed it, with HS256. */
    private static final String TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
            + ".eyJpc3MiOiJpc3N1ZXIifQ"
            + ".5nhHbEZlA9IO-Z1kSBEP-xIYdxzwQHYII7mNJOHuJ4g";

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
            - name: jwt
              url: http://upstream.example
              routes:
              - {name: jwt, paths: [/jwt]}
              plugins:
              - {name: jwt}
            - name: hmac
              url: http://upstream.example
              routes:
              - {name: hmac, paths: [/hmac]}
              plugins:
              - {name: hmac-auth, config: {validate_request_body: true}}
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
              - {name: jwt, config: {anonymous: guest}}
              - {name: key-auth, config: {anonymous: guest}}
              - {name: basic-auth, config: {anonymous: guest}}
              - {name: hmac-auth, config: {anonymous: guest}}
            - name: groups
              url: http://upstream.example
              routes:
              - {name: groups, paths: [/groups]}
              plugins:
              - {name: key-auth, config: {anonymous: guest}}
              - {name: acl, config: {allow: [staff]}}
            consumers:
            - username: guest
            - username: carl
              acls: [{group: staff}, {group: night}]
              keyauth_credentials:
              - {key: carl-key}
            - username: alice
              keyauth_credentials:
              - {key: alice-key}
            - username: robert
              basicauth_credentials:
              - {username: bob, password: secret}
              hmacauth_credentials:
              - {username: sue, secret: shared}
            - username: erin
              jwt_secrets:
              - {key: issuer, secret: a secret of the test}
            """).connect("http://upstream.example", UPSTREAM.baseUrl());

    /** A way in for each plugin: the path, and the headers that open it. */
    record Door(String path, List<String> headers) {
        String[] pairs() {
            return headers.toArray(String[]::new);
        }
    }

    static List<Door> doors() {
        String date = now();
        return List.of(
                new Door("/basic", List.of("Authorization", BASIC)),
                new Door("/jwt", List.of("Authorization", "Bearer " + TOKEN)),
                new Door("/groups", List.of("apikey", "carl-key")),
                new Door("/hmac", List.of("Date", date, "Authorization", hmac(date, "/hmac"))));
    }

    @AfterAll
    static void stopUpstream() {
        UPSTREAM.close();
    }

    @BeforeEach
    void healthyUpstream() {
        // one request a connection, so that the next script holds for the next request
        UPSTREAM.script(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Type: application/json", "Content-Length: 2", "Connection: close")
                .send("{}")
                .build());
    }

    @Test
    void basicAuthKnowsItsClients() throws Exception {
        HttpResponse<String> known = gateway.get("/basic/known-login", "Authorization", BASIC);
        HttpResponse<String> wrong = gateway.get("/basic", "Authorization", "Basic " + encoded("bob:wrong"));
        HttpResponse<String> none = gateway.get("/basic", "Accept", "text/plain");

        assertThat(known.statusCode()).isEqualTo(200);
        assertThat(received("/known-login"))
                .contains("X-Consumer-Username: robert", "X-Credential-Identifier: bob")
                .doesNotContain("Authorization");
        assertThat(wrong.statusCode()).isEqualTo(401);
        assertThat(wrong.body()).contains("\"message\":\"Unauthorized\"", "\"request_id\":");
        assertThat(none.body()).startsWith("Unauthorized\nrequest_id: ");
        assertThat(none.headers().firstValue("WWW-Authenticate")).contains("Basic realm=\"service\"");
    }

    @Test
    void jwtKnowsItsClients() throws Exception {
        HttpResponse<String> known = gateway.get("/jwt/x", "Authorization", "Bearer " + TOKEN);
        HttpResponse<String> inQuery = gateway.get("/jwt/in-query?jwt=" + TOKEN);
        HttpResponse<String> wrong = gateway.get("/jwt", "Authorization", "Bearer " + TOKEN + "x");
        HttpResponse<String> none = gateway.get("/jwt", "Accept", "text/plain");

        assertThat(known.statusCode()).isEqualTo(200);
        assertThat(inQuery.statusCode()).isEqualTo(200);
        assertThat(received("/in-query")).contains("X-Consumer-Username: erin", "X-Credential-Identifier: issuer");
        assertThat(wrong.statusCode()).isEqualTo(401);
        assertThat(wrong.body()).isEqualTo("{\"message\":\"Invalid signature\"}");
        assertThat(wrong.headers().firstValue("WWW-Authenticate")).contains("Bearer error=\"invalid_token\"");
        assertThat(none.body()).isEqualTo("{\"message\":\"Unauthorized\"}");
        assertThat(none.headers().firstValue("WWW-Authenticate")).contains("Bearer");
    }

    @Test
    void hmacAuthKnowsItsClients() throws Exception {
        String date = now();
        String target = "/hmac/signed?a=%20b";
        HttpResponse<String> known = gateway.get(target, "Date", date, "Authorization", hmac(date, target));
        HttpResponse<String> wrong = gateway.get("/hmac/other", "Date", date, "Authorization", hmac(date, target));
        HttpResponse<String> tampered = gateway.send(
                gateway.request(target, "Date", date, "Authorization", hmac(date, target), "Digest", "SHA-256=AAAA")
                        .method("GET", BodyPublishers.ofString("{}")));
        HttpResponse<String> none = gateway.get("/hmac");

        assertThat(known.statusCode()).isEqualTo(200);
        assertThat(received("/signed"))
                .contains("X-Consumer-Username: robert", "X-Credential-Identifier: sue")
                .doesNotContain("Authorization");
        assertThat(wrong.statusCode()).isEqualTo(401);
        assertThat(wrong.body()).contains("\"message\":\"HMAC signature does not match\"");
        assertThat(tampered.statusCode()).isEqualTo(401);
        assertThat(none.statusCode()).isEqualTo(401);
        assertThat(none.headers().firstValue("WWW-Authenticate")).contains("hmac");
    }

    @Test
    void aclLooksAtTheGroupsOfWhoWasLetIn() throws Exception {
        HttpResponse<String> member = gateway.get("/groups/member", "apikey", "carl-key", "X-Consumer-Groups", "root");
        HttpResponse<String> other = gateway.get("/groups", "apikey", "alice-key");
        HttpResponse<String> nobody = gateway.get("/groups");

        assertThat(member.statusCode()).isEqualTo(200);
        assertThat(received("/member"))
                .contains("X-Consumer-Groups: staff, night")
                .doesNotContain("root");
        assertThat(other.statusCode()).isEqualTo(403);
        assertThat(other.body()).contains("\"message\":\"You cannot consume this service\"");
        assertThat(nobody.statusCode()).isEqualTo(401);
        assertThat(nobody.body()).contains("\"message\":\"Unauthorized\"");
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
        String tag = "/" + UUID.randomUUID();
        HttpResponse<String> response = gateway.get(
                path + tag,
                key == null ? "X-No-Key" : "apikey",
                key == null ? "-" : key,
                login == null ? "X-No-Login" : "Authorization",
                login == null ? "-" : "Basic " + encoded(login));

        assertThat(response.statusCode()).isEqualTo(status);
        if (consumer != null) {
            assertThat(received(tag)).contains("X-Consumer-Username: " + consumer);
            assertThat(received(tag).contains("X-Anonymous-Consumer: true")).isEqualTo(consumer.equals("guest"));
        }
    }

    @Test
    void eachPluginFindsItsSchemeInTheOneHeader() throws Exception {
        String date = now();
        String target = "/any/by-signature";

        assertThat(gateway.get("/any/by-token", "Authorization", "Bearer " + TOKEN)
                        .statusCode())
                .isEqualTo(200);
        assertThat(gateway.get("/any/by-login", "Authorization", BASIC).statusCode())
                .isEqualTo(200);
        assertThat(gateway.get(target, "Date", date, "Authorization", hmac(date, target))
                        .statusCode())
                .isEqualTo(200);

        assertThat(received("/by-token")).contains("X-Credential-Identifier: issuer", "Authorization: Bearer ");
        assertThat(received("/by-login"))
                .contains("X-Credential-Identifier: bob")
                .doesNotContain("Authorization");
        assertThat(received("/by-signature"))
                .contains("X-Credential-Identifier: sue")
                .doesNotContain("Authorization");
    }

    @ParameterizedTest
    @MethodSource("doors")
    void passesOnThatTheUpstreamDied(Door door) throws Exception {
        UPSTREAM.script(ServerScript.builder().readRequest().reset().repeat().build());
        assertThat(gateway.get(door.path, door.pairs()).statusCode()).isEqualTo(502);

        UPSTREAM.script(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Length: 100")
                .send("half")
                .awaitRelease()
                .reset()
                .build());
        HttpResponse<InputStream> half =
                gateway.client().send(gateway.request(door.path, door.pairs()).build(), BodyHandlers.ofInputStream());
        assertThat(half.statusCode()).isEqualTo(200);
        UPSTREAM.release(); // only now, or the gateway may hear of the end before it has passed on the beginning
        assertThatThrownBy(() -> half.body().readAllBytes()).isInstanceOf(IOException.class);
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
        for (int i = 0; i < door.headers.size(); i += 2) {
            head.append(door.headers.get(i))
                    .append(": ")
                    .append(door.headers.get(i + 1))
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

    /** What the upstream got of the request with this in its target. */
    private static String received(String tag) {
        for (var connection : UPSTREAM.connections()) {
            String all = connection.receivedText();
            int at = all.indexOf(tag);
            if (at >= 0) {
                int end = all.indexOf("\r\n\r\n", at);
                return all.substring(all.lastIndexOf("\n", at) + 1, end);
            }
        }
        throw new AssertionError("the upstream got no " + tag);
    }

    private static String hmac(String date, String target) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec("shared".getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            String text = "date: " + date + "\n@request-target: get " + target;
            return "hmac username=\"sue\", algorithm=\"hmac-sha256\", headers=\"date @request-target\", signature=\""
                    + Base64.getEncoder().encodeToString(mac.doFinal(text.getBytes(StandardCharsets.US_ASCII)))
                    + '"';
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static String now() {
        return DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC));
    }

    private static String encoded(String login) {
        return Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
    }
}
