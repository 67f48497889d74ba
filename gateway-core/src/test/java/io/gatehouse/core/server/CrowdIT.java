package io.gatehouse.core.server;

import static org.assertj.core.api.Assertions.assertThat;

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

/** More clients than there may be, and larger heads. */
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
