package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.Settings;
import io.gatehouse.simulator.ServerScript;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same care for clients that come over TLS. */
@NullUnmarked
@SuppressWarnings("AddressSelection") // an address is an address
class TlsClientIT {
    @RegisterExtension
    final Rig rig = new Rig();

    @TempDir
    Path folder;

    private SSLSocket socket;

    private void start(String plugins) throws Exception {
        start(plugins, new Settings.Listen("127.0.0.1", 0, true, false, -1));
    }

    private void start(String plugins, Settings.Listen listen) throws Exception {
        rig.start(
                plugins,
                rig.settings()
                        .proxyListen(List.of(listen))
                        .ssl(resource("localhost.pem"), resource("localhost-key.pem")));
        socket = (SSLSocket) context().getSocketFactory().createSocket("127.0.0.1", rig.gateway.proxyTlsPort());
        socket.setSoTimeout((int) Rig.SOON.toMillis());
    }

    private Path resource(String name) throws IOException {
        Path copy = folder.resolve(name);
        try (InputStream in = TlsClientIT.class.getResourceAsStream(name)) {
            Files.copy(in, copy);
        }
        return copy;
    }

    private SSLContext context() throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (InputStream in = Files.newInputStream(folder.resolve("localhost.pem"))) {
            trusted.setCertificateEntry(
                    "own", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    @Test
    void servesOverTls() throws Exception {
        start("{name: probe}");
        Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        Rig.until(socket, "{\"ok\":true}");
        Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\n\r\n");
        assertThat(Rig.rest(socket)).startsWith("HTTP/1.1 200 ").endsWith("{\"ok\":true}<closed>");
        assertThat(rig.upstream.connections().get(0).receivedText()).containsIgnoringCase("x-forwarded-proto: https");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http/1.1", "http/1.0"})
    void letsClientsChooseHttp1WhereThereIsHttp2(String version) throws Exception {
        start("{name: probe}", new Settings.Listen("127.0.0.1", 0, true, false, -1).withHttp2());
        SSLParameters offer = socket.getSSLParameters();
        offer.setApplicationProtocols(new String[] {version});
        socket.setSSLParameters(offer);
        Rig.send(socket, "GET /a " + version.toUpperCase(Locale.ROOT) + "\r\nHost: a\r\nConnection: close\r\n\r\n");
        assertThat(Rig.rest(socket)).contains(" 200 ").endsWith("{\"ok\":true}<closed>");
        assertThat(socket.getApplicationProtocol()).isEqualTo(version);
    }

    @Test
    void doesNotEndPolitelyWhatBrokeOff() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789")
                .awaitRelease()
                .close()
                .build());
        start("{name: edge, config: {does: unknown-length}}");
        Rig.send(socket, "GET /a HTTP/1.0\r\nHost: a\r\n\r\n");
        Rig.until(socket, "0123456789");
        rig.upstream.release();
        assertThat(Rig.rest(socket)).isEqualTo("<reset>");
    }

    @Test
    void givesAClientItsAnswerThatSendsMoreThanIsReadOfIt() throws Exception {
        start("{name: probe, config: {does: answer}}");
        Rig.send(socket, "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n");
        Rig.send(socket, "x".repeat(3_000_000));
        assertThat(Rig.until(socket, "short and stout")).startsWith("HTTP/1.1 418 ");
    }
}
