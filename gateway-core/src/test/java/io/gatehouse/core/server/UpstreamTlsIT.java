package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.Settings;
import io.gatehouse.core.upstream.TlsDefaults;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS with upstreams: whom the gateway trusts, and what it shows. */
@NullUnmarked
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@SuppressWarnings("AddressSelection") // an address is an address
class UpstreamTlsIT {
    private static Vertx vertx;
    private static X509Bundle root;
    private static X509Bundle middle;
    private static X509Bundle other;
    private static X509Bundle client;
    private static X509Bundle nextClient;

    @RegisterExtension
    final Rig rig = new Rig();

    private final AtomicInteger open = new AtomicInteger();
    private final List<String> probes = new CopyOnWriteArrayList<>();
    private HttpServer server;

    private static X509Bundle authority(String name, X509Bundle issuer) throws Exception {
        CertificateBuilder builder = new CertificateBuilder()
                .ecp256()
                .subject("CN=" + name)
                .setIsCertificateAuthority(true)
                .setKeyUsage(true, CertificateBuilder.KeyUsage.keyCertSign);
        return issuer == null ? builder.buildSelfSigned() : builder.buildIssuedBy(issuer);
    }

    private static CertificateBuilder leaf(String name) {
        return new CertificateBuilder().ecp256().subject("CN=" + name).addSanDnsName(name);
    }

    @BeforeAll
    static void makeAuthorities() throws Exception {
        vertx = Vertx.vertx();
        root = authority("root", null);
        middle = authority("middle", root);
        other = authority("other", null);
        client = leaf("gateway").buildIssuedBy(root);
        nextClient = leaf("gateway-next").buildIssuedBy(root);
    }

    @AfterAll
    static void stopServers() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    /** An upstream that tells who asked, and for whom. */
    private void upstream(X509Bundle certificate, ClientAuth auth) throws Exception {
        server = vertx.createHttpServer(new HttpServerOptions()
                        .setHost("127.0.0.1")
                        .setPort(0)
                        .setSsl(true)
                        .setSni(true)
                        .setUseAlpn(true)
                        .setClientAuth(auth)
                        .setTrustOptions(new PemTrustOptions().addCertValue(Buffer.buffer(root.getCertificatePEM())))
                        .setKeyCertOptions(new PemKeyCertOptions()
                                .addCertValue(Buffer.buffer(certificate.getCertificatePathPEM()))
                                .addKeyValue(Buffer.buffer(certificate.getPrivateKeyPEM()))))
                .connectionHandler(connection -> {
                    open.incrementAndGet();
                    connection.closeHandler(v -> open.decrementAndGet());
                })
                .requestHandler(request -> {
                    if (request.path().equals("/up")) {
                        probes.add(request.version() + " client=" + peer(request) + " sni="
                                + request.connection().indicatedServerName() + " host="
                                + request.getHeader("Host") + " "
                                + request.headers().getAll("X-Probe"));
                    }
                    request.response()
                            .end(request.version() + " client=" + peer(request) + " sni="
                                    + request.connection().indicatedServerName());
                });
        server.listen().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    private static String peer(HttpServerRequest request) {
        try {
            X509Certificate shown =
                    (X509Certificate) request.connection().sslSession().getPeerCertificates()[0];
            return shown.getSubjectX500Principal().getName();
        } catch (SSLPeerUnverifiedException nobody) {
            return "nobody";
        }
    }

    private String config(String service, String certificate) {
        X509Bundle shown = certificate.equals("next") ? nextClient : client;
        return """
                _format_version: "3.0"
                certificates:
                  - id: 00000000-0000-4000-8000-000000000001
                    cert: |
                %s
                    key: |
                %s
                ca_certificates:
                  - id: 00000000-0000-4000-8000-000000000002
                    cert: |
                %s
                  - id: 00000000-0000-4000-8000-000000000003
                    cert: |
                %s
                services:
                  - name: one
                    retries: 0
                    host: localhost
                    port: %d
                %s
                    routes: [{name: r, paths: [/a], preserve_host: %s}]
                """.formatted(
                        shown.getCertificatePEM().indent(6),
                        shown.getPrivateKeyPEM().indent(6),
                        root.getCertificatePEM().indent(6),
                        other.getCertificatePEM().indent(6),
                        server.actualPort(),
                        service.replace(", ", "\n").indent(4),
                        service.contains("#preserve"));
    }

    private void configure(String service) throws Exception {
        configure(service, TlsDefaults.NONE);
    }

    private void configure(String service, TlsDefaults defaults) throws Exception {
        rig.start("", rig.settings().upstreamTls(defaults));
        reload(service, "first");
    }

    private void reload(String service, String certificate) throws Exception {
        rig.write(config(service, certificate));
        assertThat(rig.gateway.reload()).isEmpty();
    }

    private static final String TRUSTED = ", ca_certificates: [00000000-0000-4000-8000-000000000002]";
    private static final String SHOWN = ", client_certificate: 00000000-0000-4000-8000-000000000001";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "https | HTTP_1_1",
                "grpcs | HTTP_2",
            })
    void showsItsCertificateToAnUpstreamThatItTrusts(String protocol, String version) throws Exception {
        upstream(leaf("localhost").buildIssuedBy(root), ClientAuth.REQUIRED);
        configure("protocol: " + protocol + TRUSTED + SHOWN);
        HttpResponse<String> answer = rig.get("/a");
        assertThat(answer.body()).startsWith(version + " client=CN=gateway ");
        assertThat(answer.statusCode()).isEqualTo(200);
    }

    /** The gateway with an upstream of one target, of which it knows only by probes whether it is well. */
    private void probe(String checks, TlsDefaults defaults) throws Exception {
        rig.serve("""
                _format_version: "3.0"
                services:
                  - {name: one, protocol: https, host: pool, tls_verify: false, retries: 0, routes: [{name: r, paths: [/a]}]}
                upstreams:
                  - name: pool
                    slots: 10
                    targets: [{target: "localhost:%d"}]
                    healthchecks:
                      active: {%s, http_path: /up, headers: {X-Probe: [one, two]}, timeout: 5,
                               healthy: {interval: 0.1, successes: 1}, unhealthy: {interval: 0.1, tcp_failures: 1}}
                """.formatted(server.actualPort(), checks), rig.settings().upstreamTls(defaults));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "type: https, https_sni: probed.example                                  | probed.example | probed.example",
                "type: grpcs, https_sni: probed.example                                  | probed.example | probed.example",
                "type: https, https_sni: other.example, https_verify_certificate: false  | probed.example | other.example",
                "type: grpcs, https_verify_certificate: false                            | probed.example | localhost",
                "type: https                                                             | localhost      | localhost",
            })
    void probesByTls(String checks, String certificate, String sni) throws Exception {
        upstream(leaf(certificate).buildIssuedBy(root), ClientAuth.REQUIRED);
        probe(
                checks,
                new TlsDefaults(
                        true,
                        List.of(root.getCertificatePEM()),
                        -1,
                        client.getCertificatePEM(),
                        client.getPrivateKeyPEM()));
        Rig.await(() -> probes.size() > 2, () -> "probes: " + probes);
        assertThat(probes).containsOnly("HTTP_1_1 client=CN=gateway sni=" + sni + " host=localhost [one, two]");
        assertThat(rig.get("/a").statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "type: https                             | localhost      | other",
                "type: grpcs                             | localhost      | other",
                "type: https                             | probed.example | root",
                "type: grpcs, https_sni: other.example   | localhost      | root",
            })
    void findsATargetUnhealthyThatItDoesNotTrust(String checks, String certificate, String trusted) throws Exception {
        upstream(leaf(certificate).buildIssuedBy(root), ClientAuth.NONE);
        X509Bundle authority = trusted.equals("root") ? root : other;
        probe(checks, new TlsDefaults(true, List.of(authority.getCertificatePEM()), -1, null, null));
        Rig.await(() -> status() == 503, () -> "probes: " + probes);
        assertThat(probes).isEmpty();
    }

    private int status() {
        try {
            return rig.get("/a").statusCode();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"https", "grpcs"})
    void keepsNoConnectionForEachNameThatAClientGives(String protocol) throws Exception {
        upstream(leaf("localhost").buildIssuedBy(root), ClientAuth.NONE);
        rig.start(
                "",
                rig.settings()
                        .proxy(Settings.from(Map.of("KONG_UPSTREAM_KEEPALIVE_POOL_SIZE", "2"), Map.of())
                                .proxy()));
        reload("protocol: " + protocol + ", tls_verify: false #preserve", "first");
        for (int i = 0; i < 8; i++) {
            try (Socket asking = rig.connect()) {
                Rig.send(asking, "GET /a HTTP/1.1\r\nHost: name" + i + ".example\r\nConnection: close\r\n\r\n");
                assertThat(Rig.rest(asking)).contains("sni=name" + i + ".example");
            }
        }
        Rig.await(() -> open.get() <= 2, () -> "open connections: " + open);
    }

    @Test
    void aCertificateThatWasReplacedIsShownFromTheReloadOn() throws Exception {
        upstream(leaf("localhost").buildIssuedBy(root), ClientAuth.REQUIRED);
        configure("protocol: https" + TRUSTED + SHOWN);
        assertThat(rig.get("/a").body()).contains("client=CN=gateway ");
        reload("protocol: https" + TRUSTED + SHOWN, "next");
        assertThat(rig.get("/a").body()).contains("client=CN=gateway-next ");
        reload("protocol: https" + TRUSTED, "next");
        assertThat(rig.get("/a").statusCode()).isEqualTo(502);
    }

    /** Before that of the settings, and from the reload on that replaces it. */
    @Test
    void probesShowTheCertificateOfTheUpstream() throws Exception {
        upstream(leaf("localhost").buildIssuedBy(root), ClientAuth.REQUIRED);
        X509Bundle node = leaf("node").buildIssuedBy(root);
        TlsDefaults defaults = new TlsDefaults(
                true, List.of(root.getCertificatePEM()), -1, node.getCertificatePEM(), node.getPrivateKeyPEM());
        rig.serve(probed(""), rig.settings().upstreamTls(defaults));
        Rig.await(() -> last().contains("client=CN=node "), () -> "probes: " + probes);
        for (String certificate : List.of("first", "next")) {
            String shown = "client=CN=" + (certificate.equals("next") ? "gateway-next " : "gateway ");
            rig.write(config("protocol: https", certificate)
                    + probed("client_certificate: {id: 00000000-0000-4000-8000-000000000001}, ")
                            .replace("_format_version: \"3.0\"\n", ""));
            assertThat(rig.gateway.reload()).isEmpty();
            Rig.await(() -> last().contains(shown), () -> "probes: " + probes);
        }
    }

    private String last() {
        return probes.isEmpty() ? "" : probes.get(probes.size() - 1);
    }

    private String probed(String fields) {
        return """
                _format_version: "3.0"
                upstreams:
                  - {name: pool, %s slots: 10, targets: [{target: "localhost:%d"}], healthchecks: {active: {type: https,
                     http_path: /up, timeout: 5, healthy: {interval: 0.1}, unhealthy: {interval: 0.1}}}}
                """.formatted(fields, server.actualPort());
    }

    @Test
    void aTargetIsShownTheCertificateOfItsUpstream() throws Exception {
        upstream(leaf("localhost").buildIssuedBy(root), ClientAuth.REQUIRED);
        configure("protocol: https" + TRUSTED);
        rig.write(config("protocol: https" + TRUSTED, "first").replace("host: localhost", "host: pool")
                + """
                upstreams:
                  - name: pool
                    client_certificate: {id: 00000000-0000-4000-8000-000000000001}
                    targets: [{target: "localhost:%d"}]
                """.formatted(server.actualPort()));
        assertThat(rig.gateway.reload()).isEmpty();
        assertThat(rig.get("/a").body()).startsWith("HTTP_1_1 client=CN=gateway ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "good        | #none                                                            | 502",
                "good        | tls_verify: false                                                | 200",
                "good        | ca_certificates: [00000000-0000-4000-8000-000000000002]          | 200",
                "good        | ca_certificates: [00000000-0000-4000-8000-000000000003]          | 502",
                "self        | ca_certificates: [00000000-0000-4000-8000-000000000002]          | 502",
                "expired     | ca_certificates: [00000000-0000-4000-8000-000000000002]          | 502",
                "expired     | tls_verify: false                                                | 200",
                "wrong name  | ca_certificates: [00000000-0000-4000-8000-000000000002]          | 502",
                "wrong name  | tls_verify: false                                                | 200",
                "distant     | ca_certificates: [00000000-0000-4000-8000-000000000002]          | 200",
                "distant     | ca_certificates: [00000000-0000-4000-8000-000000000002], tls_verify_depth: 1 | 200",
                "distant     | ca_certificates: [00000000-0000-4000-8000-000000000002], tls_verify_depth: 0 | 502",
                "good        | ca_certificates: [00000000-0000-4000-8000-000000000002], tls_verify_depth: 0 | 200",
            })
    void believesWhomItShould(String certificate, String service, int status) throws Exception {
        Instant now = Instant.now();
        upstream(
                switch (certificate) {
                    case "good" -> leaf("localhost").buildIssuedBy(root);
                    case "self" ->
                        leaf("localhost").setIsCertificateAuthority(true).buildSelfSigned();
                    case "expired" ->
                        leaf("localhost")
                                .notBefore(now.minus(Duration.ofDays(9)))
                                .notAfter(now.minus(Duration.ofDays(2)))
                                .buildIssuedBy(root);
                    case "wrong name" -> leaf("elsewhere.example").buildIssuedBy(root);
                    case "distant" -> leaf("localhost").buildIssuedBy(middle);
                    default -> throw new IllegalArgumentException(certificate);
                },
                ClientAuth.NONE);
        configure("protocol: https, " + service);
        HttpResponse<String> answer = rig.get("/a", "Accept", "text/plain");
        assertThat(answer.statusCode()).isEqualTo(status);
        if (status == 502) {
            assertThat(answer.body()).startsWith("An invalid response was received from the upstream server");
            assertThat(warnings()).anyMatch(line -> line.contains("kind=TLS problem=\""));
        }
    }

    private List<String> warnings() {
        return List.copyOf(rig.log.list).stream()
                .map(event -> event.getFormattedMessage())
                .filter(line -> line.startsWith("upstream failed"))
                .toList();
    }

    @Test
    void anUpstreamThatWantsACertificateGetsNoneThatNobodyGave() throws Exception {
        upstream(leaf("localhost").buildIssuedBy(root), ClientAuth.REQUIRED);
        configure("protocol: https" + TRUSTED);
        assertThat(rig.get("/a").statusCode()).isEqualTo(502);
        assertThat(warnings()).hasSize(1);
        assertThat(String.join(
                        "\n",
                        List.copyOf(rig.log.list).stream()
                                .map(event -> event.getFormattedMessage())
                                .toList()))
                .doesNotContain("BEGIN");
    }

    @Test
    void theSettingsSayWhatServicesDoNot() throws Exception {
        upstream(leaf("localhost").buildIssuedBy(middle), ClientAuth.REQUIRED);
        TlsDefaults defaults = new TlsDefaults(
                true, List.of(root.getCertificatePEM()), 1, client.getCertificatePEM(), client.getPrivateKeyPEM());
        configure("protocol: https", defaults);
        assertThat(rig.get("/a").body()).contains("client=CN=gateway ");
        reload("protocol: https, tls_verify_depth: 0", "first");
        assertThat(rig.get("/a").statusCode()).isEqualTo(502);
    }

    @Test
    void theHostThatIsSentIsTheNameThatIsAskedForAndVerified() throws Exception {
        upstream(leaf("shop.example").buildIssuedBy(root), ClientAuth.NONE);
        configure("protocol: https #preserve" + TRUSTED);
        String good = rig.raw("GET /a HTTP/1.1\r\nHost: Shop.example:99\r\nConnection: close\r\n\r\n");
        assertThat(good).contains("sni=shop.example");
        String bad = rig.raw("GET /a HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
        assertThat(bad).startsWith("HTTP/1.1 502 ");
    }

    @ParameterizedTest
    @CsvSource({"https,backend", "grpcs,backend", "https,localhost"})
    void asksForNamesOfOneLabelToo(String protocol, String name) throws Exception {
        upstream(leaf("any.example").buildIssuedBy(root), ClientAuth.NONE);
        configure("protocol: " + protocol + " #preserve, tls_verify: false");
        String answer = rig.raw("GET /a HTTP/1.1\r\nHost: " + name + "\r\nConnection: close\r\n\r\n");
        assertThat(answer).contains("sni=" + name);
    }

    /** Java's and Netty's servers do not read such a name, so it is looked for in what is sent. */
    @Test
    void asksForNamesWithUnderscoresToo() throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            rig.serve("""
                    _format_version: "3.0"
                    services:
                    - name: one
                      url: https://127.0.0.1:%d
                      retries: 0
                      routes: [{name: r, paths: [/a], preserve_host: true}]
                    """.formatted(listener.getLocalPort()), rig.settings());
            CompletableFuture<String> hello = CompletableFuture.supplyAsync(() -> {
                try (Socket socket = listener.accept()) {
                    return new String(socket.getInputStream().readNBytes(200), StandardCharsets.ISO_8859_1);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            rig.raw("GET /a HTTP/1.1\r\nHost: back_end\r\nConnection: close\r\n\r\n");
            assertThat(hello.get(60, TimeUnit.SECONDS)).contains("back_end");
        }
    }

    @Test
    void asksForNoAddress() throws Exception {
        upstream(leaf("any.example").buildIssuedBy(root), ClientAuth.NONE);
        configure("protocol: https, tls_verify: false");
        rig.write(config("protocol: https, tls_verify: false", "first").replace("host: localhost", "host: 127.0.0.1"));
        assertThat(rig.gateway.reload()).isEmpty();
        assertThat(rig.get("/a").body()).contains("sni=null");
    }

    @Test
    void anUpstreamThatDoesNotSpeakHttp2IsNoneForGrpc() throws Exception {
        upstream(leaf("localhost").buildIssuedBy(root), ClientAuth.NONE);
        server.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
        X509Bundle certificate = leaf("localhost").buildIssuedBy(root);
        server = vertx.createHttpServer(new HttpServerOptions()
                        .setHost("127.0.0.1")
                        .setPort(0)
                        .setSsl(true)
                        .setUseAlpn(false)
                        .setKeyCertOptions(new PemKeyCertOptions()
                                .addCertValue(Buffer.buffer(certificate.getCertificatePathPEM()))
                                .addKeyValue(Buffer.buffer(certificate.getPrivateKeyPEM()))))
                .requestHandler(request -> request.response().end("never"));
        server.listen().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
        configure("protocol: grpcs" + TRUSTED);
        assertThat(rig.get("/a").statusCode()).isEqualTo(502);
        assertThat(warnings()).singleElement().asString().contains("does not take HTTP/2");
    }
}
