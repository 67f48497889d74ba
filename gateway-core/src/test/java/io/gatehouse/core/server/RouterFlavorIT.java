package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.Settings;
import io.gatehouse.core.routing.RouterFlavor;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the router asks, over a socket. */
@NullUnmarked
class RouterFlavorIT {
    @RegisterExtension
    final Rig rig = new Rig();

    private void start(String routes) throws Exception {
        rig.service = "retries: 0, routes: [" + routes + "]";
        rig.start("", rig.settings().routerFlavor(RouterFlavor.EXPRESSIONS));
    }

    private String sent() {
        String text = rig.upstream.connections().get(0).receivedText();
        return text.substring(text.lastIndexOf("GET "), text.indexOf(" HTTP/1.1", text.lastIndexOf("GET ")));
    }

    @Test
    void routesByExpressionsBeforeAllOthers() throws Exception {
        start("""
                {name: plain, methods: [GET], paths: [/a], headers: {x: ["1"]}, strip_path: false},
                {name: admin, strip_path: true, priority: 9,
                 expression: 'http.path ^= "/a/b" && any(http.queries.role) == "admin" && net.src.ip in 127.0.0.0/8'},
                {name: other, protocols: [https], expression: 'http.path == "/tls"'}
                """);
        assertThat(rig.get("/a/b/c?role=x&role=admin", "x", "1").statusCode()).isEqualTo(200);
        assertThat(sent()).isEqualTo("GET /base/c?role=x&role=admin");
        assertThat(rig.get("/a/b/c?role=x", "x", "1").statusCode()).isEqualTo(200);
        assertThat(sent()).isEqualTo("GET /base/a/b/c?role=x");
        assertThat(rig.get("/b").statusCode()).isEqualTo(404);
        assertThat(rig.get("/tls").statusCode()).isEqualTo(426);
    }

    /** As Kong has it, so that clients see no difference; it is not in the route, which other flavors may read. */
    @Test
    void showsAPriorityOfZeroWhereNoneIsSaid() throws Exception {
        rig.service = "routes: [{name: one, paths: [/a]}, {name: two, expression: 'http.path == \"/b\"', priority: 9}]";
        rig.start(
                "",
                rig.settings()
                        .routerFlavor(RouterFlavor.EXPRESSIONS)
                        .adminListen(List.of(Settings.Listen.of("127.0.0.1", 0))));
        JsonArray routes = new JsonObject(HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(
                                                URI.create("http://127.0.0.1:" + rig.gateway.adminPort() + "/routes"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body())
                .getJsonArray("data");
        assertThat(routes.stream()
                        .map(JsonObject.class::cast)
                        .map(route -> route.getString("name") + ' ' + route.getInteger("priority")))
                .containsExactlyInAnyOrder("one 0", "two 9");
    }

    @Test
    void knowsAnAddressInBracketsAsHost() throws Exception {
        start("""
                {name: one, hosts: ["[::1]"]},
                {name: two, expression: 'http.host == "[::2]" && net.dst.port == 81'}
                """);
        String rest = "\r\nConnection: close\r\n\r\n";
        assertThat(rig.raw("GET / HTTP/1.1\r\nHost: [::1]:80" + rest)).startsWith("HTTP/1.1 200 ");
        assertThat(rig.raw("GET / HTTP/1.1\r\nHost: [::2]:81" + rest)).startsWith("HTTP/1.1 200 ");
        assertThat(rig.raw("GET / HTTP/1.1\r\nHost: [::2]" + rest)).startsWith("HTTP/1.1 404 ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "X-City: [Zürich, 東京]                        | zürich | UTF-8      | 200",
                "X-City: [Zürich, 東京]                        | 東京   | UTF-8      | 200",
                "X-City: [Zürich, 東京]                        | 東     | UTF-8      | 404",
                "X-City: [Zürich, 東京]                        | Zürich | ISO-8859-1 | 200",
                "X-City: ['~*^zü.ich$']                        | ZÜRICH | UTF-8      | 200",
                "X-City: ['~*^..$']                            | 東京   | UTF-8      | 200",
                "http.headers.x_city == \"東京\"               | 東京   | UTF-8      | 200",
                "http.headers.x_city contains \"ü\"            | Zürich | UTF-8      | 200",
                "http.headers.x_city contains \"ü\"            | Zurich | UTF-8      | 404",
                "lower(http.headers.x_city) ~ r#\"^zü.ich$\"#  | ZÜRICH | UTF-8      | 200"
            })
    void readsHeadersAsUtf8(String asked, String city, String charset, int status) throws Exception {
        start(asked.startsWith("X-") ? "{headers: {" + asked + "}}" : "{expression: '" + asked + "'}");
        String bytes = new String(city.getBytes(Charset.forName(charset)), StandardCharsets.ISO_8859_1);
        assertThat(rig.raw("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-City: " + bytes + "\r\n\r\n"))
                .startsWith("HTTP/1.1 " + status + " ");
    }

    @Test
    void tellsWhatAGrpcRouteIsFor() throws Exception {
        start("""
                {name: grpc, protocols: [grpc], paths: [/pkg.Service]},
                {name: grpcs, protocols: [https], paths: [/x]}
                """);
        String rest = "Host: a\r\nContent-Length: 0\r\nConnection: close\r\n";
        assertThat(rig.raw("POST /pkg.Service/Do HTTP/1.1\r\n" + rest + "Content-Type: application/grpc+proto\r\n\r\n"))
                .startsWith("HTTP/1.1 426 ")
                .containsIgnoringCase("\r\nUpgrade: HTTP/2\r\n")
                .containsIgnoringCase("\r\nConnection: Upgrade, close\r\n")
                .contains("Please use HTTP2 protocol");
        assertThat(rig.raw("POST /pkg.Service/Do HTTP/1.1\r\n" + rest + "Content-Type: application/json\r\n\r\n"))
                .startsWith("HTTP/1.1 415 ")
                .contains("Non-gRPC request matched gRPC route");
    }

    @Test
    void namesTheUpgradeWhateverBecomesOfTheConnection() throws Exception {
        start("{name: grpc, protocols: [grpc], paths: [/pkg.Service]}");
        String kept =
                "POST /pkg.Service/Do HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Type: application/grpc\r\n";
        String answers = rig.raw(kept + "\r\n" + kept + "Connection: close\r\n\r\n");
        int second = answers.lastIndexOf("HTTP/1.1 426 ");
        assertThat(second).isPositive();
        assertThat(answers.substring(0, second)).containsIgnoringCase("\r\nConnection: Upgrade\r\n");
        assertThat(answers.substring(second)).containsIgnoringCase("\r\nConnection: Upgrade, close\r\n");
        assertThat(rig.raw(kept.replace("HTTP/1.1", "HTTP/1.0") + "Connection: keep-alive\r\n\r\n"
                        + kept.replace("HTTP/1.1", "HTTP/1.0") + "\r\n"))
                .containsIgnoringCase("\r\nConnection: Upgrade, keep-alive\r\n");
    }

    @Test
    void tellsAPlainConnectionOfARouteForTlsInGrpc() throws Exception {
        rig.service = "retries: 0, routes: [{name: grpcs, protocols: [grpcs], paths: [/pkg.Service]}]";
        rig.start(
                "",
                rig.settings()
                        .proxyListen(List.of(Settings.Listen.of("127.0.0.1", 0).withHttp2())));
        try (FrameClient client = FrameClient.of(rig)) {
            client.head(1, true, FrameClient.head("POST", "/pkg.Service/Do", "content-type", "application/grpc+proto"));
            FrameClient.Frame answer = client.answer(1).get(0);
            assertThat(answer.headers().status()).asString().isEqualTo("200");
            assertThat(answer.headers().get("content-type")).asString().isEqualTo("application/grpc");
            assertThat(answer.headers().get("grpc-status")).asString().isEqualTo("1");
            assertThat(answer.headers().get("grpc-message")).isNotNull();
        }
        assertThat(rig.upstream.requests()).isZero();
    }

    @Test
    void asksForTheServerNameOfTheHandshake(@TempDir Path folder) throws Exception {
        for (String name : List.of("localhost.pem", "localhost-key.pem")) {
            try (InputStream in = RouterFlavorIT.class.getResourceAsStream(name)) {
                Files.copy(in, folder.resolve(name));
            }
        }
        rig.service = "retries: 0, routes: [{name: one, protocols: [https], snis: [\"*.one.example\"]}]";
        rig.start(
                "",
                rig.settings()
                        .proxyListen(List.of(new Settings.Listen("127.0.0.1", 0, true, false, -1)))
                        .ssl(folder.resolve("localhost.pem"), folder.resolve("localhost-key.pem")));
        assertThat(overTls("a.one.example")).startsWith("HTTP/1.1 200 ");
        assertThat(overTls("a.two.example")).startsWith("HTTP/1.1 404 ");
        assertThat(overTls(null)).startsWith("HTTP/1.1 404 ");
    }

    private String overTls(String serverName) throws Exception {
        SSLContext trusting = SSLContext.getInstance("TLS");
        trusting.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
        try (SSLSocket socket =
                (SSLSocket) trusting.getSocketFactory().createSocket("127.0.0.1", rig.gateway.proxyTlsPort())) {
            socket.setSoTimeout((int) Rig.SOON.toMillis());
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setServerNames(serverName == null ? List.of() : List.of(new SNIHostName(serverName)));
            socket.setSSLParameters(parameters);
            Rig.send(socket, "GET / HTTP/1.1\r\nHost: any\r\nConnection: close\r\n\r\n");
            return Rig.rest(socket);
        }
    }
}
