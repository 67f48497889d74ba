package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Which certificate a client is shown, and which protocol it gets. */
@NullUnmarked
@SuppressWarnings("AddressSelection") // an address is an address
class ServerCertificatesIT {
    private static final String REQUEST = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";

    @RegisterExtension
    final Rig rig = new Rig();

    @TempDir
    Path folder;

    private void start(int headMillis) throws Exception {
        rig.start(
                "{name: probe}",
                rig.settings()
                        .eventLoops(2)
                        .proxyListen(List.of(new Settings.Listen("127.0.0.1", 0, true, true, false, -1)))
                        .clientLimits(new Settings.ClientLimits(
                                Duration.ofMillis(headMillis),
                                Duration.ofSeconds(75),
                                Duration.ofSeconds(60),
                                Duration.ofSeconds(60),
                                100,
                                Settings.Rates.DEFAULT,
                                Settings.Most.DEFAULT))
                        .ssl(file("localhost.pem"), file("localhost-key.pem")));
    }

    private Path file(String name) throws IOException {
        return Files.writeString(folder.resolve(name), text("/io/gatehouse/core/server/" + name));
    }

    private static String text(String name) throws IOException {
        try (InputStream in = ServerCertificatesIT.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    private static String pem(String name) throws IOException {
        return text("/io/gatehouse/core/entity/" + name).strip().replace("\n", "\n      ");
    }

    /** A configuration with a certificate of both kinds of key, or of one alone, for some names. */
    private void configure(boolean both, String... names) throws Exception {
        StringBuilder snis = new StringBuilder();
        for (String name : names) {
            snis.append("\n  - {name: \"").append(name).append("\"}");
        }
        rig.write("""
                _format_version: "3.0"
                services:
                - {name: one, url: "%s/base", retries: 0, routes: [{name: r, paths: [/a]}]}
                - {name: two, url: "%s/named", retries: 0, routes: [{name: s, paths: [/a], snis: [both.example.com], protocols: [https]}]}
                certificates:
                - id: 0b9b5c36-4ab4-4c4d-9f4b-6f5b6c0c6a01
                  cert: |
                      %s
                  key: |
                      %s
                """.formatted(rig.upstream.baseUrl(), rig.upstream.baseUrl(), pem("ec.pem"), pem("ec-key.pem"))
                + (both
                        ? "  cert_alt: |\n      " + pem("rsa.pem") + "\n  key_alt: |\n      " + pem("rsa-key.pem")
                                + "\n"
                        : "")
                + "  snis:" + snis + "\n");
        assertThat(rig.gateway.reload()).isEmpty();
    }

    private static SSLContext trusting() throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new TrustsAll()}, null);
        return context;
    }

    private static final class TrustsAll extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    private SSLSocket connect(String name, String... suites) throws Exception {
        SSLSocket socket =
                (SSLSocket) trusting().getSocketFactory().createSocket("127.0.0.1", rig.gateway.proxyTlsPort());
        socket.setSoTimeout((int) Rig.SOON.toMillis());
        SSLParameters parameters = socket.getSSLParameters();
        if (name != null) {
            parameters.setServerNames(List.of(new SNIHostName(name)));
        }
        if (suites.length > 0) {
            parameters.setProtocols(new String[] {"TLSv1.2"});
            parameters.setCipherSuites(suites);
        }
        socket.setSSLParameters(parameters);
        return socket;
    }

    /** The common name in the certificate that is shown for a server name. */
    private String shown(String name, String... suites) throws Exception {
        try (SSLSocket socket = connect(name, suites)) {
            socket.startHandshake();
            return subject(socket);
        }
    }

    private static String subject(SSLSocket socket) throws Exception {
        X509Certificate certificate = (X509Certificate) socket.getSession().getPeerCertificates()[0];
        return certificate.getSubjectX500Principal().getName().replace("CN=", "");
    }

    @Test
    void showsTheCertificateOfTheName() throws Exception {
        start(10_000);
        assertThat(shown("both.example.com")).isEqualTo("localhost");
        configure(true, "both.example.com", "*.wild.example.com", "name.*");

        assertThat(shown(null)).isEqualTo("localhost");
        assertThat(shown("other.example.com")).isEqualTo("localhost");
        assertThat(shown("wild.example.com")).isEqualTo("localhost");
        assertThat(shown("a.b.wild.example.com")).isEqualTo("localhost");
        assertThat(shown("both.example.com")).isEqualTo("ec.example.com");
        assertThat(shown("BOTH.example.com")).isEqualTo("ec.example.com");
        assertThat(shown("both.example.com", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"))
                .isEqualTo("rsa.example.com");
        assertThat(shown("both.example.com", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"))
                .isEqualTo("ec.example.com");
        assertThat(shown("a.wild.example.com")).isEqualTo("ec.example.com");
        assertThat(shown("name.org")).isEqualTo("ec.example.com");

        configure(false, "*");
        assertThat(shown("whatever.example.com")).isEqualTo("ec.example.com");
        assertThat(shown(null)).isEqualTo("localhost");
    }

    @Test
    void routesByTheNameInBothVersions() throws Exception {
        start(10_000);
        configure(true, "both.example.com");
        try (SSLSocket named = connect("both.example.com");
                SSLSocket other = connect(null)) {
            Rig.send(named, REQUEST);
            Rig.until(named, "{\"ok\":true}");
            Rig.send(other, REQUEST);
            Rig.until(other, "{\"ok\":true}");
        }
        try (SSLSocket named = connect("both.example.com")) {
            SSLParameters parameters = named.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {"h2"});
            named.setSSLParameters(parameters);
            FrameClient client = new FrameClient(named);
            client.get(1, "/a");
            assertThat(client.whole(1)).isEqualTo("200 {\"ok\":true}");
        }
        List<String> paths = new ArrayList<>();
        rig.upstream.connections().forEach(connection -> {
            for (String line : connection.receivedText().split("\r\n", -1)) {
                if (line.startsWith("GET ")) {
                    paths.add(line);
                }
            }
        });
        assertThat(paths).containsExactlyInAnyOrder("GET /named HTTP/1.1", "GET /base HTTP/1.1", "GET /named HTTP/1.1");
    }

    @Test
    void givesHttp2ToThoseWhoChooseIt() throws Exception {
        start(10_000);
        for (HttpClient.Version version : HttpClient.Version.values()) {
            HttpClient client = HttpClient.newBuilder()
                    .version(version)
                    .sslContext(trusting())
                    .build();
            HttpResponse<String> answer = client.send(
                    HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + rig.gateway.proxyTlsPort() + "/a"))
                            .timeout(Rig.SOON)
                            .POST(HttpRequest.BodyPublishers.ofString("hello"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.version()).isEqualTo(version);
            assertThat(answer.body()).isEqualTo("{\"ok\":true}");
        }
    }

    @Test
    void swapsCertificatesWithoutDroppingAConnection() throws Exception {
        start(10_000);
        configure(false, "both.example.com");
        AtomicBoolean done = new AtomicBoolean();
        AtomicInteger answered = new AtomicInteger();
        List<Throwable> failed = java.util.Collections.synchronizedList(new ArrayList<>());
        List<Thread> clients = new ArrayList<>();
        try (SSLSocket old = connect("both.example.com")) {
            Rig.send(old, REQUEST);
            Rig.until(old, "{\"ok\":true}");
            for (int i = 0; i < 2; i++) {
                Thread client = new Thread(() -> {
                    while (!done.get()) {
                        try (SSLSocket socket = connect("both.example.com")) {
                            for (int n = 0; n < 3; n++) {
                                Rig.send(socket, REQUEST);
                                Rig.until(socket, "{\"ok\":true}");
                                answered.incrementAndGet();
                            }
                        } catch (Throwable e) {
                            failed.add(e);
                        }
                    }
                });
                client.start();
                clients.add(client);
            }
            for (int i = 0; i < 10; i++) {
                int seen = answered.get();
                Rig.await(() -> answered.get() > seen || !failed.isEmpty(), () -> "nothing is answered");
                configure(i % 2 == 0, "both.example.com", "*.wild.example.com");
            }
            configure(false, "else.example.com");
            done.set(true);
            for (Thread client : clients) {
                client.join();
            }
            Rig.send(old, REQUEST);
            Rig.until(old, "{\"ok\":true}");
        }
        assertThat(failed).isEmpty();
        assertThat(shown("both.example.com")).isEqualTo("localhost");
    }

    @Test
    void makesACertificateItselfWhenThereIsNone() throws Exception {
        rig.start("", rig.settings().proxyListen(List.of(new Settings.Listen("127.0.0.1", 0, true, true, false, -1))));
        try (SSLSocket socket = connect("anything.example")) {
            assertThat(subject(socket)).isEqualTo("localhost");
            X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
            shown.checkValidity();
            shown.verify(shown.getPublicKey());
            assertThat(shown.getSubjectAlternativeNames()).containsExactly(List.of(2, "localhost"));
        }
    }

    @Test
    void readsTheDefaultCertificateAgainWithAReload() throws Exception {
        start(10_000);
        Files.writeString(folder.resolve("localhost.pem"), text("/io/gatehouse/core/entity/ec.pem"));
        Files.writeString(folder.resolve("localhost-key.pem"), text("/io/gatehouse/core/entity/ec-key.pem"));
        assertThat(rig.gateway.reload()).isEmpty();
        assertThat(shown(null)).isEqualTo("ec.example.com");
        Files.writeString(folder.resolve("localhost-key.pem"), "nothing");
        assertThat(rig.gateway.reload()).isEmpty();
        assertThat(shown(null)).isEqualTo("ec.example.com");
    }

    @Test
    void doesNotWaitForEverForAHandshake() throws Exception {
        start(300);
        try (Socket silent = new Socket("127.0.0.1", rig.gateway.proxyTlsPort());
                Socket claims = new Socket("127.0.0.1", rig.gateway.proxyTlsPort())) {
            silent.setSoTimeout((int) Rig.SOON.toMillis());
            claims.setSoTimeout((int) Rig.SOON.toMillis());
            // a hello that says that it is of 16 MB
            claims.getOutputStream().write(new byte[] {22, 3, 1, 0x40, 0, 1, (byte) 255, (byte) 255, (byte) 255, 3, 3});
            assertThat(Rig.rest(silent)).matches("(?s).*<(closed|reset)>");
            assertThat(Rig.rest(claims)).matches("(?s).*<(closed|reset)>");
        }
    }
}
