package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.ProxySettings;
import io.gatehouse.core.Settings;
import io.gatehouse.core.Settings.ClientLimits;
import io.gatehouse.core.Settings.Listen;
import io.gatehouse.core.Settings.Most;
import io.gatehouse.simulator.ServerScript;
import java.io.IOException;
import java.net.Socket;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** More clients than there may be, and larger heads and answers. */
@NullUnmarked
class CrowdIT {
    private static final String REQUEST = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";

    @RegisterExtension
    final Rig rig = new Rig();

    private Settings.Builder most(int connections, int exchanges, int line, int head) {
        ClientLimits usual = ClientLimits.DEFAULT;
        return rig.settings()
                .clientLimits(new ClientLimits(
                        usual.header(),
                        usual.idle(),
                        usual.body(),
                        usual.send(),
                        usual.maxHeaders(),
                        usual.rates(),
                        new Most(connections, exchanges, line, head)));
    }

    @Test
    void closesConnectionsThatAreTooManyAtOnce() throws Exception {
        rig.start("", most(2, 0, 1024, 1024).proxyListen(List.of(Listen.of("127.0.0.1", 0))));
        try (Socket first = rig.connect();
                Socket second = rig.connect()) {
            Rig.send(first, REQUEST);
            Rig.until(first, "{\"ok\":true}");
            Rig.send(second, REQUEST);
            Rig.until(second, "{\"ok\":true}");
            try (Socket third = rig.connect()) {
                assertThat(Rig.rest(third)).isEqualTo("<closed>");
            }
            Rig.send(first, REQUEST); // those that are in stay
            Rig.until(first, "{\"ok\":true}");
            first.shutdownOutput();
            Rig.await(this::isServed, () -> "the place is not free again");
        }
    }

    private Settings.Builder answersOf(long bytes) {
        ProxySettings usual = ProxySettings.DEFAULT;
        return rig.settings()
                .proxy(new ProxySettings(
                        usual.trust(),
                        usual.portMaps(),
                        usual.headers(),
                        usual.errors(),
                        usual.maxBodyBytes(),
                        bytes,
                        usual.keepAlive()))
                .proxyListen(List.of(Listen.of("127.0.0.1", 0).withHttp2()));
    }

    @ParameterizedTest
    @CsvSource({"10,ok 200", "11,invalid_response 502"})
    void refusesAnAnswerWhoseLengthIsTooMuch(int length, String outcome) throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Length: " + length)
                .send("x".repeat(length))
                .build());
        rig.start("{name: probe}", answersOf(10));
        assertThat(rig.raw("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 " + outcome.substring(outcome.length() - 3) + " ")
                .endsWith("<closed>");
        assertThat(rig.logged(1)).containsExactly("probe sent " + outcome);
    }

    @Test
    void breaksOffAnAnswerThatTurnsOutTooLong() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .eventStreamHead()
                .chunk("1234567890")
                .awaitRelease()
                .chunk("1")
                .stall()
                .build());
        rig.start("{name: probe}", answersOf(10));
        try (Socket socket = rig.connect()) {
            Rig.send(socket, REQUEST);
            assertThat(Rig.until(socket, "1234567890")).startsWith("HTTP/1.1 200 ");
            rig.upstream.release();
            assertThat(Rig.rest(socket)).doesNotContain("\r\n0\r\n");
        }
        try (FrameClient client = FrameClient.of(rig)) {
            client.get(1, "/a");
            client.await(frame -> frame.type() == FrameClient.DATA);
            rig.upstream.release();
            client.await(frame -> frame.type() == FrameClient.RST_STREAM);
        }
        assertThat(rig.logged(2)).allMatch(line -> line.startsWith("probe upstream_failed "));
    }

    private boolean isServed() {
        try {
            return rig.raw("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    .startsWith("HTTP/1.1 200 ");
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void answersRequestsThatAreTooMany() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .awaitRelease()
                .respond(200, "{\"ok\":true}")
                .repeat()
                .build());
        rig.start("{name: probe}", most(0, 1, 1024, 1024));
        try (Socket first = rig.connect()) {
            Rig.send(first, REQUEST);
            Rig.await(() -> rig.upstream.requests() == 1, () -> "the first does not arrive");
            assertThat(rig.raw("GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                    .startsWith("HTTP/1.1 503 ")
                    .containsIgnoringCase("\r\nretry-after: 5\r\n")
                    .contains("The gateway is overloaded");
            rig.upstream.release(2);
            Rig.until(first, "{\"ok\":true}");
            Rig.send(first, REQUEST);
            Rig.until(first, "{\"ok\":true}");
        }
        assertThat(rig.upstream.requests()).isEqualTo(2);
    }

    @Test
    void measuresHeads() throws Exception {
        rig.start("", most(0, 0, 100, 300));
        assertThat(rig.raw("GET /" + "a".repeat(80) + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200 ");
        assertThat(rig.raw("GET /" + "a".repeat(100) + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 414 ");
        assertThat(rig.raw("GET /a HTTP/1.1\r\nHost: a\r\nX: " + "a".repeat(300) + "\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 400 ")
                .contains("Request header or cookie too large");
    }
}
