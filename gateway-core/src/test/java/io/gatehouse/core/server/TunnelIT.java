package io.gatehouse.core.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.Settings.ClientLimits;
import io.gatehouse.core.Settings.Most;
import io.gatehouse.core.Settings.Rates;
import io.gatehouse.simulator.ConnectionRecord;
import io.gatehouse.simulator.ServerScript;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** WebSocket handshakes, and the bytes behind them. */
@NullUnmarked
class TunnelIT {
    private static final Duration SHORT = Duration.ofSeconds(2);
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final String HANDSHAKE = """
            GET /a HTTP/1.1\r
            Host: a\r
            Connection: keep-alive, Upgrade\r
            Upgrade: websocket\r
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
            Sec-WebSocket-Version: 13\r
            \r
            """;
    private static final String SWITCH = """
            HTTP/1.1 101 Switching Protocols\r
            Connection: Upgrade\r
            Upgrade: websocket\r
            Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r
            \r
            """;
    private static final String NEXT = "GET /a/next HTTP/1.1\r\nHost: a\r\n\r\n";

    @RegisterExtension
    final Rig rig = new Rig();

    private static ServerScript.Builder switching() {
        return ServerScript.builder().readHead().send(SWITCH);
    }

    private ConnectionRecord upstream() {
        return rig.upstream.connections().get(0);
    }

    private void received(String text) {
        Rig.await(
                () -> !rig.upstream.connections().isEmpty()
                        && upstream().receivedText().endsWith(text),
                () -> "not received: " + text + ", but: " + rig.upstream.connections());
    }

    private Socket open() throws IOException {
        Socket socket = rig.connect();
        Rig.send(socket, HANDSHAKE);
        assertThat(Rig.until(socket, "\r\n\r\n")).startsWith("HTTP/1.1 101 ");
        return socket;
    }

    @Test
    void passesBytesBothWays() throws Exception {
        rig.upstream.script(switching()
                .send("hello")
                .readBytes(4)
                .send("answer")
                .readBytes(3)
                .build());
        rig.start("{name: probe}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, HANDSHAKE);
            String head = Rig.until(socket, "\r\n\r\n");
            assertThat(head)
                    .startsWith("HTTP/1.1 101 Switching Protocols\r\n")
                    .containsIgnoringCase("\r\nconnection: upgrade\r\n")
                    .containsIgnoringCase("\r\nupgrade: websocket\r\n")
                    .contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
                    .doesNotContainIgnoringCase("transfer-encoding")
                    .doesNotContainIgnoringCase("content-length");
            Rig.until(socket, "hello");
            Rig.send(socket, "ping");
            Rig.until(socket, "answer");
            Rig.send(socket, "end");
            assertThat(Rig.rest(socket)).isEqualTo("<closed>");
        }
        assertThat(rig.logged(1)).containsExactly("probe sent ok 101");
        assertThat(upstream().receivedText())
                .containsIgnoringCase("\r\nconnection: keep-alive, Upgrade\r\n")
                .containsIgnoringCase("\r\nupgrade: websocket\r\n")
                .contains("dGhlIHNhbXBsZSBub25jZQ==")
                .doesNotContainIgnoringCase("transfer-encoding")
                .endsWith("\r\n\r\npingend");
    }

    @Test
    void holdsEarlyBytesBackUntilTheUpstreamHasSwitched() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readHead()
                .awaitRelease()
                .send(SWITCH)
                .readBytes(NEXT.length())
                .send("done")
                .build());
        rig.start("{name: probe}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, HANDSHAKE + NEXT);
            Rig.await(() -> rig.upstream.requests() == 1, () -> "no handshake");
            assertThat(upstream().receivedText()).endsWith("\r\n\r\n").doesNotContain("next");
            rig.upstream.release();
            assertThat(Rig.rest(socket)).endsWith("\r\n\r\ndone<closed>");
        }
        assertThat(upstream().receivedText()).endsWith(NEXT);
        assertThat(rig.logged(1)).containsExactly("probe sent ok 101");
    }

    @Test
    void readsWhatFollowsARefusedHandshakeAsTheNextRequest() throws Exception {
        rig.start("{name: probe}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, HANDSHAKE + NEXT);
            Rig.until(socket, "{\"ok\":true}");
            Rig.until(socket, "{\"ok\":true}");
            Rig.send(socket, NEXT);
            Rig.until(socket, "{\"ok\":true}");
        }
        assertThat(rig.logged(3)).containsOnly("probe sent ok 200");
        assertThat(rig.upstream.requests()).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Connection: Upgrade\r\nUpgrade: foo",
                "Connection: Upgrade\r\nUpgrade: websocket",
                "Connection: Upgrade\r\nUpgrade: h2c, websocket\r\nSec-WebSocket-Key: a\r\nSec-WebSocket-Version: 13",
                "Upgrade: websocket\r\nSec-WebSocket-Key: a\r\nSec-WebSocket-Version: 13",
                "Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: foo\r\nSec-WebSocket-Key: a\r\nSec-WebSocket-Version: 13",
                "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\nSec-WebSocket-Key: a\r\nSec-WebSocket-Version: 13\r\n\r\nx"
            })
    void passesNoOtherUpgradeOn(String headers) throws Exception {
        rig.start("{name: probe}");
        String end = headers.endsWith("x") ? "" : "\r\n\r\n";
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\n" + headers + end + NEXT);
            Rig.until(socket, "{\"ok\":true}");
            Rig.until(socket, "{\"ok\":true}");
        }
        assertThat(rig.logged(2)).containsOnly("probe sent ok 200");
        assertThat(upstream().receivedText()).doesNotContainIgnoringCase("upgrade");
    }

    @ParameterizedTest
    @CsvSource({
        "'GET /a HTTP/1.1\r\nHost: a\r\n\r\n', '" + SWITCH + "'",
        "'" + HANDSHAKE + "', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'",
        "'" + HANDSHAKE + "', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n'",
    })
    void anUnaskedSwitchIsABadAnswer(String request, String answer) throws Exception {
        rig.upstream.script(
                ServerScript.builder().readHead().send(answer).stall().build());
        rig.start("{name: probe}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, request);
            assertThat(Rig.until(socket, "\r\n\r\n")).startsWith("HTTP/1.1 502 ");
        }
        assertThat(rig.logged(1)).containsExactly("probe sent invalid_response 502");
        rig.upstreamEnds();
    }

    @Test
    void aPluginAnswersInsteadOfTheUpstream() throws Exception {
        rig.start("{name: probe, config: {does: answer}}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, HANDSHAKE + NEXT);
            Rig.until(socket, "short and stout");
            Rig.until(socket, "short and stout");
        }
        assertThat(rig.upstream.requests()).isZero();
    }

    @Test
    void aPluginDropsTheTunnel() throws Exception {
        rig.upstream.script(switching().stall().build());
        rig.start("{name: probe, config: {does: discard}}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, HANDSHAKE);
            assertThat(Rig.until(socket, "\r\n\r\n")).startsWith("HTTP/1.1 204 ");
        }
        rig.upstreamEnds();
    }

    @Test
    void aPluginThatReadsAnswersIntoMemoryLeavesATunnelAlone() throws Exception {
        rig.upstream.script(switching().readBytes(4).send("answer").build());
        rig.start("{name: probe, config: {does: buffer}}");
        try (Socket socket = open()) {
            Rig.send(socket, "ping");
            assertThat(Rig.rest(socket)).isEqualTo("answer<closed>");
        }
    }

    // ---- ends

    @Test
    void passesAClientsHalfCloseOn() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            rig.url = "http://127.0.0.1:" + server.getLocalPort();
            rig.start("{name: probe}");
            CompletableFuture<String> upstream = CompletableFuture.supplyAsync(() -> {
                try (Socket accepted = server.accept()) {
                    accepted.setSoTimeout((int) Rig.SOON.toMillis());
                    Rig.until(accepted, "\r\n\r\n");
                    Rig.send(accepted, SWITCH);
                    String all = Rig.rest(accepted);
                    Rig.send(accepted, "last words");
                    return all;
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            try (Socket socket = open()) {
                Rig.send(socket, "bye");
                socket.shutdownOutput();
                assertThat(Rig.rest(socket)).isEqualTo("last words<closed>");
            }
            assertThat(upstream).succeedsWithin(Rig.SOON).isEqualTo("bye<closed>");
        }
        assertThat(rig.logged(1)).containsExactly("probe sent ok 101");
    }

    @Test
    void passesAnUpstreamsHalfCloseOn() throws Exception {
        rig.upstream.script(switching().send("bye").halfClose().readBytes(10).build());
        rig.start("{name: probe}");
        try (Socket socket = open()) {
            assertThat(Rig.rest(socket)).isEqualTo("bye<closed>");
            Rig.send(socket, "last words");
            received("last words");
        }
        assertThat(rig.logged(1)).containsExactly("probe sent ok 101");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anUpstreamThatDoesNotNoticeIsLeftSoonAfterTheClient(boolean hard) throws Exception {
        rig.upstream.script(switching().hang().build());
        rig.start("{name: probe}");
        try (Socket socket = open()) {
            socket.setSoLinger(hard, 0);
        }
        assertThat(rig.logged(1))
                .singleElement()
                .asString()
                .matches("probe client_gone (client_gone|closed|reset) 101");
        Rig.await(() -> rig.gateway.inFlight() == 0, () -> "in flight");
    }

    @Test
    void passesAnUpstreamsResetOn() throws Exception {
        rig.upstream.script(switching().send("x").awaitRelease().reset().build());
        rig.start("{name: probe}");
        try (Socket socket = open()) {
            rig.upstream.release();
            assertThat(Rig.rest(socket)).endsWith("<reset>");
        }
        assertThat(rig.logged(1)).containsExactly("probe upstream_failed reset 101");
    }

    @Test
    void endsATunnelInWhichNothingMoves() throws Exception {
        rig.service = "retries: 0, read_timeout: 3000";
        rig.upstream.script(switching().stall().build());
        rig.start("{name: probe}");
        try (Socket socket = open()) {
            assertThat(Rig.rest(socket)).endsWith("<reset>");
        }
        assertThat(rig.logged(1)).containsExactly("probe upstream_failed timeout 101");
        rig.upstreamEnds();
    }

    @Test
    void aClientThatSpeaksKeepsATunnelAlive() throws Exception {
        rig.service = "retries: 0, read_timeout: 4000";
        rig.upstream.script(switching().readBytes(10).send("done").build());
        rig.start("{name: probe}");
        try (Socket socket = open()) {
            socket.setSoTimeout(600); // ten times: longer than the upstream is waited for
            for (int i = 0; i < 10; i++) {
                assertThat(Rig.rest(socket)).isIn("<open>", "done<closed>");
                Rig.send(socket, "x");
            }
            socket.setSoTimeout((int) Rig.SOON.toMillis());
            assertThat(Rig.rest(socket)).isEqualTo("done<closed>");
        }
        assertThat(rig.logged(1)).containsExactly("probe sent ok 101");
    }

    @Test
    void carriesMuchBothWaysAtOnce() throws Exception {
        int size = 8 * 1024 * 1024;
        rig.upstream.script(
                switching().send(new byte[size]).readBytes(size).send("done").build());
        rig.start("{name: probe}");
        try (Socket socket = open()) {
            Thread reader = new Thread(() -> {
                try {
                    assertThat(socket.getInputStream().readNBytes(size)).hasSize(size);
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            reader.start();
            socket.getOutputStream().write("x".repeat(size).getBytes(ISO_8859_1));
            reader.join();
            assertThat(Rig.rest(socket)).isEqualTo("done<closed>");
        }
        assertThat(rig.logged(1)).containsExactly("probe sent ok 101");
    }

    // ---- in the life of a gateway

    @Test
    void comesBehindAnotherRequestOnItsConnection() throws Exception {
        rig.upstream.script(
                ServerScript.builder().readRequest().respond(200, "{}").build(),
                switching().readBytes(4).send("done").build());
        rig.start("{name: probe}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "GET /a HTTP/1.1\r\nHost: a\r\n\r\n" + HANDSHAKE + "ping");
            assertThat(Rig.rest(socket))
                    .startsWith("HTTP/1.1 200 ")
                    .contains("{}HTTP/1.1 101 ")
                    .endsWith("\r\n\r\ndone<closed>");
        }
        assertThat(rig.logged(2)).containsExactly("probe sent ok 200", "probe sent ok 101");
    }

    @Test
    void outlivesAReload() throws Exception {
        rig.upstream.script(switching().readBytes(4).send("answer").build());
        rig.start("{name: probe}");
        try (Socket socket = open()) {
            rig.configure("{name: probe, config: {label: new}}");
            assertThat(rig.gateway.reload()).isEmpty();
            Rig.send(socket, "ping");
            assertThat(Rig.rest(socket)).isEqualTo("answer<closed>");
        }
        assertThat(rig.logged(1)).containsExactly("probe sent ok 101");
    }

    @Test
    void endsWithTheGateway() throws Exception {
        rig.upstream.script(switching().stall().build());
        rig.start("{name: probe}");
        try (Socket socket = open()) {
            rig.gateway.stop(Duration.ofMillis(200));
            assertThat(Rig.rest(socket)).endsWith("<reset>");
        }
        assertThat(rig.logged(1)).containsExactly("probe shutdown shutdown 101");
        rig.upstreamEnds();
        assertThat(rig.log.list).noneMatch(event -> event.getFormattedMessage().contains("not everything was closed"));
    }

    @Test
    void aClientThatDoesNotReadHoldsTheUpstreamUp() throws Exception {
        rig.upstream.script(switching()
                .endless("0123456789abcdef".repeat(1024), Duration.ZERO)
                .build());
        rig.start(
                "{name: probe}",
                rig.settings()
                        .clientLimits(new ClientLimits(
                                SHORT, LONG, LONG, Duration.ofSeconds(3), 100, Rates.DEFAULT, Most.DEFAULT)));
        try (Socket socket = rig.connect()) {
            socket.setReceiveBufferSize(4096);
            Rig.send(socket, HANDSHAKE);
            Rig.until(socket, "0123456789abcdef");
            assertThat(rig.logged(1)).containsExactly("probe client_gone send_timeout 101");
            assertThat(upstream().bytesSent()).isLessThan(16 * 1024 * 1024); // what fits into sockets, not into memory
        }
        rig.upstreamEnds();
    }

    @Test
    void anUpstreamThatDoesNotReadHoldsTheClientUp() throws Exception {
        rig.service = "retries: 0, write_timeout: 500";
        rig.upstream.script(switching().hang().build());
        rig.start("{name: probe}");
        try (Socket socket = open()) {
            byte[] piece = new byte[64 * 1024];
            long sent = 0;
            try {
                while (sent < 64L * 1024 * 1024) {
                    socket.getOutputStream().write(piece);
                    sent += piece.length;
                }
            } catch (IOException reset) {
                assertThat(reset).isNotNull();
            }
            assertThat(sent).isLessThan(32L * 1024 * 1024);
        }
        assertThat(rig.logged(1)).containsExactly("probe upstream_failed timeout 101");
    }

    @Test
    void anUpstreamThatDoesNotAnswerIsAGatewayTimeout() throws Exception {
        rig.service = "retries: 0, read_timeout: 200";
        rig.upstream.script(ServerScript.silent());
        rig.start("{name: probe}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, HANDSHAKE);
            assertThat(Rig.until(socket, "\r\n\r\n")).startsWith("HTTP/1.1 504 ");
        }
        rig.upstreamEnds();
    }

    @Test
    void anUpstreamThatIsNotThereIsABadGateway() throws Exception {
        rig.upstream.refuse();
        rig.start("{name: probe}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, HANDSHAKE);
            assertThat(Rig.until(socket, "\r\n\r\n")).startsWith("HTTP/1.1 502 ");
        }
    }

    @Test
    void isTriedAgainWhereTheFirstTryFails() throws Exception {
        rig.service = "retries: 1";
        rig.upstream.script(
                ServerScript.builder().readHead().reset().build(),
                switching().readBytes(4).send("done").build());
        rig.start("{name: probe}");
        try (Socket socket = open()) {
            Rig.send(socket, "ping");
            assertThat(Rig.rest(socket)).isEqualTo("done<closed>");
        }
        assertThat(rig.logged(1)).containsExactly("probe sent ok 101");
    }

    @Test
    void aClientThatLeavesBeforeTheAnswerLeavesNothingBehind() throws Exception {
        rig.upstream.script(ServerScript.builder().readHead().stall().build());
        rig.start("{name: probe}");
        try (Socket socket = rig.connect()) {
            Rig.send(socket, HANDSHAKE + "early");
            Rig.await(() -> rig.upstream.requests() == 1, () -> "no handshake");
        }
        assertThat(rig.logged(1)).singleElement().asString().matches("probe client_gone (closed|reset) 499");
        rig.upstreamEnds();
    }

    @Test
    void endsTheWholeExchangeAtItsDeadline() throws Exception {
        rig.upstream.script(switching().endless("x", Duration.ofMillis(20)).build());
        rig.start("{name: probe}", rig.settings().exchangeDeadline(Duration.ofSeconds(4)));
        try (Socket socket = open()) {
            assertThat(Rig.rest(socket)).endsWith("<reset>");
        }
        assertThat(rig.logged(1)).containsExactly("probe deadline deadline 101");
    }
}
