package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gatehouse.core.ProxySettings;
import io.gatehouse.core.ProxySettings.Trust;
import io.gatehouse.core.Settings;
import io.gatehouse.core.Settings.ClientLimits;
import io.gatehouse.core.Settings.Listen;
import io.gatehouse.core.routing.RouterFlavor;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Proxies that say in the PROXY protocol whose connection it is. */
@NullUnmarked
@SuppressWarnings("AddressSelection") // an address is an address
class ProxyProtocolIT {
    private static final String V1 = "PROXY TCP4 192.0.2.7 198.51.100.1 5000 80\r\n";
    private static final String REQUEST = "GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    private static final Pattern REAL_IP = Pattern.compile("(?i)\r\nx-real-ip: (.*)\r\n");

    @RegisterExtension
    final Rig rig = new Rig();

    private Settings.Builder settings(String... trusted) throws Exception {
        ProxySettings usual = ProxySettings.DEFAULT;
        Trust trust = trusted.length == 0
                ? usual.trust()
                : Settings.from(Map.of("KONG_TRUSTED_IPS", trusted[0], "KONG_REAL_IP_HEADER", trusted[1]), Map.of())
                        .proxy()
                        .trust();
        return rig.settings()
                .proxyListen(List.of(Listen.of("127.0.0.1", 0).withHttp2().withProxyProtocol()))
                .proxy(new ProxySettings(
                        trust,
                        usual.portMaps(),
                        usual.headers(),
                        usual.errors(),
                        usual.maxBodyBytes(),
                        usual.maxAnswerBytes(),
                        usual.keepAlive()));
    }

    private String realIp() {
        Matcher line = REAL_IP.matcher(rig.upstream.connections().get(0).receivedText());
        return line.find() ? line.group(1) : "none";
    }

    private static byte[] v2() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(new byte[] {0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a});
        bytes.writeBytes(new byte[] {0x21, 0x11, 0, 12}); // for another, TCP over IPv4, 12 bytes follow
        bytes.writeBytes(new byte[] {(byte) 192, 0, 2, 8, (byte) 198, 51, 100, 1, 0x13, (byte) 0x88, 0, 80});
        bytes.writeBytes(REQUEST.getBytes(StandardCharsets.US_ASCII));
        return bytes.toByteArray();
    }

    @Test
    void takesTheClientFromVersion1() throws Exception {
        rig.start("", settings("127.0.0.1", "proxy_protocol"));
        assertThat(rig.raw(V1 + REQUEST)).startsWith("HTTP/1.1 200 ");
        assertThat(realIp()).isEqualTo("192.0.2.7");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            127.0.0.1 | proxy_protocol | X: y | 5000 | 200
            127.0.0.1 | proxy_protocol | X: y | 5001 | 404
            10.0.0.1 | proxy_protocol | X: y | 5000 | 404
            127.0.0.1 | X-Real-IP | X-Real-IP: 192.0.2.7:5555 | 5555 | 200
            127.0.0.1 | X-Real-IP | X-Real-IP: [2001:db8::7]:5555 | 5555 | 200
            127.0.0.1 | X-Real-IP | X-Real-IP: 2001:db8::7:5555 | 5555 | 404
            127.0.0.1 | X-Forwarded-For | X-Forwarded-For: 192.0.2.8:1, 192.0.2.7:5555 | 5555 | 200
            127.0.0.1 | X-Forwarded-For | X-Forwarded-For: 192.0.2.7:5555, 192.0.2.8 | 5555 | 404
            10.0.0.1 | X-Forwarded-For | X-Forwarded-For: 192.0.2.7:5555 | 5555 | 404
            """)
    void takesTheClientsPortAlongWithItsAddress(String trusted, String name, String header, int port, int status)
            throws Exception {
        rig.service = "routes: [{name: ported, expression: 'net.src.port == " + port + "'}]";
        rig.start("", settings(trusted, name).routerFlavor(RouterFlavor.EXPRESSIONS));
        assertThat(rig.raw(V1 + REQUEST.replace("Host: a", "Host: a\r\n" + header)))
                .startsWith("HTTP/1.1 " + status + " ");
    }

    @Test
    void takesTheClientFromVersion2() throws Exception {
        rig.start("", settings("127.0.0.1", "proxy_protocol"));
        try (Socket socket = rig.connect()) {
            socket.getOutputStream().write(v2());
            assertThat(Rig.rest(socket)).startsWith("HTTP/1.1 200 ");
        }
        assertThat(realIp()).isEqualTo("192.0.2.8");
    }

    @Test
    void believesNoPeerThatIsNotTrusted() throws Exception {
        rig.start("", settings("10.0.0.1", "proxy_protocol"));
        assertThat(rig.raw(V1 + REQUEST)).startsWith("HTTP/1.1 200 ");
        assertThat(realIp()).isEqualTo("127.0.0.1");
    }

    @Test
    void keepsToTheHeaderThatIsNamedInstead() throws Exception {
        rig.start("", settings("127.0.0.1", "X-Real-IP"));
        assertThat(rig.raw(V1 + REQUEST)).startsWith("HTTP/1.1 200 ");
        assertThat(realIp()).isEqualTo("127.0.0.1");
    }

    @Test
    void takesAProxyThatSpeaksForItself() throws Exception {
        rig.start("", settings("127.0.0.1", "proxy_protocol"));
        assertThat(rig.raw("PROXY UNKNOWN\r\n" + REQUEST)).startsWith("HTTP/1.1 200 ");
        assertThat(realIp()).isEqualTo("127.0.0.1");
    }

    /** The word on the client stands before the handshake, in clear text, and may come in one piece with its beginning. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void takesTheClientFromBeforeTheHandshake(boolean joined) throws Exception {
        startTls();
        try (Socket plain = joined ? new Prefixed(rig.gateway.proxyTlsPort()) : tls();
                SSLSocket socket = encrypted(plain)) {
            if (!joined) {
                Rig.send(plain, V1);
            }
            Rig.send(socket, REQUEST);
            assertThat(Rig.rest(socket)).startsWith("HTTP/1.1 200 ");
        }
        assertThat(realIp()).isEqualTo("192.0.2.7");
        assertThat(rig.upstream.connections().get(0).receivedText())
                .containsIgnoringCase("x-forwarded-proto: https\r\n");
    }

    @Test
    void takesTheClientOfHttp2FromBeforeTheHandshake() throws Exception {
        startTls();
        try (Socket plain = tls();
                SSLSocket socket = encrypted(plain, "h2")) {
            Rig.send(plain, V1);
            try (FrameClient client = new FrameClient(socket)) {
                assertThat(socket.getApplicationProtocol()).isEqualTo("h2");
                client.get(1, "/a");
                assertThat(client.whole(1)).startsWith("200 ");
            }
        }
        assertThat(realIp()).isEqualTo("192.0.2.7");
    }

    @Test
    void shakesNoHandBeforeItKnowsWhose() throws Exception {
        startTls();
        try (Socket plain = tls();
                SSLSocket socket = encrypted(plain)) {
            assertThatThrownBy(socket::startHandshake)
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(SocketTimeoutException.class);
        }
    }

    private void startTls() throws Exception {
        rig.start(
                "",
                settings("127.0.0.1", "proxy_protocol")
                        .proxyListen(List.of(new Listen("127.0.0.1", 0, true, true, false, -1).withProxyProtocol())));
    }

    private Socket tls() throws IOException {
        Socket socket = new Socket("127.0.0.1", rig.gateway.proxyTlsPort());
        socket.setSoTimeout((int) Rig.SOON.toMillis());
        return socket;
    }

    private static SSLSocket encrypted(Socket plain, String... protocols) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", 443, true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(protocols);
        socket.setSSLParameters(parameters);
        return socket;
    }

    /** A connection that sends its word on the client together with its first bytes. */
    private static final class Prefixed extends Socket {
        private boolean begun;

        Prefixed(int port) throws IOException {
            super("127.0.0.1", port);
            setSoTimeout((int) Rig.SOON.toMillis());
        }

        @Override
        public OutputStream getOutputStream() throws IOException {
            return new FilterOutputStream(super.getOutputStream()) {
                @Override
                public void write(byte[] bytes, int from, int count) throws IOException {
                    ByteArrayOutputStream all = new ByteArrayOutputStream();
                    if (!begun) {
                        begun = true;
                        all.writeBytes(V1.getBytes(StandardCharsets.US_ASCII));
                    }
                    all.write(bytes, from, count);
                    out.write(all.toByteArray());
                }
            };
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                REQUEST,
                "PROXY TCP4 192.0.2.7 198.51.100.1 5000\r\n" + REQUEST,
                "PROXY TCP4 nobody 198.51.100.1 5000 80\r\n" + REQUEST,
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            })
    void closesConnectionsThatDoNotBeginSo(String bytes) throws Exception {
        rig.start("", settings("127.0.0.1", "proxy_protocol"));
        assertThat(rig.raw(bytes)).matches("<(closed|reset)>");
        assertThat(rig.upstream.connections()).isEmpty();
    }

    @Test
    void doesNotWaitForEverForTheBeginning() throws Exception {
        ClientLimits usual = ClientLimits.DEFAULT;
        rig.start(
                "",
                settings("127.0.0.1", "proxy_protocol")
                        .clientLimits(new ClientLimits(
                                Duration.ofSeconds(2),
                                usual.idle(),
                                usual.body(),
                                usual.send(),
                                usual.maxHeaders(),
                                usual.rates(),
                                usual.most())));
        assertThat(rig.raw("PROXY TCP4 192")).isEqualTo("<closed>");
    }
}
