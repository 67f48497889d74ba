package io.gatehouse.core.server;

import static io.gatehouse.core.server.FrameClient.CONTINUATION;
import static io.gatehouse.core.server.FrameClient.DATA;
import static io.gatehouse.core.server.FrameClient.END_STREAM;
import static io.gatehouse.core.server.FrameClient.GOAWAY;
import static io.gatehouse.core.server.FrameClient.HEADERS;
import static io.gatehouse.core.server.FrameClient.PING;
import static io.gatehouse.core.server.FrameClient.RST_STREAM;
import static io.gatehouse.core.server.FrameClient.SETTINGS;
import static io.gatehouse.core.server.FrameClient.WINDOW_UPDATE;
import static io.gatehouse.core.server.FrameClient.head;
import static io.gatehouse.core.server.FrameClient.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.core.Settings;
import io.gatehouse.simulator.ServerScript;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests of HTTP/2, frame by frame. */
@NullUnmarked
class Http2IT {
    private static final int NO_ERROR = 0;
    private static final int PROTOCOL_ERROR = 1;
    private static final int INTERNAL_ERROR = 2;
    private static final int REFUSED_STREAM = 7;
    private static final int STREAM_CLOSED = 5;
    private static final int ENHANCE_YOUR_CALM = 11;
    private static final int INITIAL_WINDOW = 4;

    @RegisterExtension
    final Rig rig = new Rig();

    private void start(String plugins, Settings.ClientLimits limits) throws Exception {
        rig.start(
                plugins,
                rig.settings()
                        .proxyListen(List.of(Settings.Listen.of("127.0.0.1", 0).withHttp2()))
                        .clientLimits(limits));
    }

    private FrameClient client(String plugins, int... settings) throws Exception {
        start(plugins, Settings.ClientLimits.DEFAULT);
        return FrameClient.of(rig, settings);
    }

    private String upstreamSaw() {
        return rig.upstream.connections().get(0).receivedText();
    }

    @Test
    void goesTheWayOfEveryRequest() throws Exception {
        try (FrameClient client = client("{name: probe}")) {
            client.get(1, "/a/b?c=d", "x-own", "1", "cookie", "e=f", "cookie", "g=h", "te", "trailers");
            assertThat(client.whole(1)).isEqualTo("200 {\"ok\":true}");
            client.get(3, "/nowhere");
            assertThat(client.whole(3)).startsWith("404 ").contains("no Route matched");
        }
        assertThat(upstreamSaw())
                .startsWith("GET /base/b?c=d HTTP/1.1\r\n")
                .contains("x-own: 1\r\n", "cookie: e=f; g=h\r\n", "te: trailers\r\n", "Via: 2 gatehouse/")
                .contains("X-Forwarded-Host: a\r\n", "X-Forwarded-Proto: http\r\n");
        assertThat(rig.logged(2)).containsExactly("probe sent ok 200", "probe sent ok 404");
    }

    @Test
    void speaksBothVersionsOnOnePortAndUpgradesNobody() throws Exception {
        start("", Settings.ClientLimits.DEFAULT);
        String upgrade = String.join(
                "\r\n",
                "GET /a HTTP/1.1",
                "Host: a",
                "Connection: Upgrade, HTTP2-Settings, close",
                "Upgrade: h2c",
                "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA",
                "",
                "");
        assertThat(rig.raw(upgrade)).startsWith("HTTP/1.1 200 ");
        assertThat(rig.raw("PRI * HTTP/1.1\r\nHost: a\r\n\r\n")).startsWith("HTTP/1.1 400 ");
    }

    @Test
    void readsThePrefaceInWhateverPieces() throws Exception {
        start("", Settings.ClientLimits.DEFAULT);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        all.writeBytes(FrameClient.bytes(SETTINGS, 0, 0));
        try (Socket socket = rig.connect()) {
            socket.setTcpNoDelay(true);
            for (byte piece : all.toByteArray()) {
                socket.getOutputStream().write(piece);
                socket.getOutputStream().flush();
            }
            assertThat(socket.getInputStream().readNBytes(4)[3]).isEqualTo((byte) SETTINGS);
        }
    }

    @Test
    void carriesTrailersBothWays() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .head(200, "Transfer-Encoding: chunked", "Trailer: grpc-status")
                .chunk("x")
                .send("0\r\ngrpc-status: 7\r\ncontent-length: 3\r\n\r\n")
                .build());
        try (FrameClient client = client("")) {
            client.head(1, false, head("POST", "/a")).data(1, false, "hello");
            client.head(1, true, with(new DefaultHttp2Headers(false), "x-sum", "9"));
            List<FrameClient.Frame> answer = client.answer(1);
            FrameClient.Frame last = answer.get(answer.size() - 1);
            assertThat(last.ends()).isTrue();
            assertThat(last.headers()).isEqualTo(with(new DefaultHttp2Headers(false), "grpc-status", "7"));
        }
        assertThat(upstreamSaw()).endsWith("5\r\nhello\r\n0\r\nx-sum: 9\r\n\r\n");
    }

    @Test
    void movesBothBodiesAtTheSameTime() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readHead()
                .head(200, "Transfer-Encoding: chunked")
                .chunk("first")
                .readBytes("5\r\nhello\r\n0\r\n\r\n".length())
                .chunk("second")
                .lastChunk()
                .build());
        try (FrameClient client = client("{name: probe}")) {
            client.head(1, false, head("POST", "/a"));
            assertThat(client.await(frame -> frame.type() == DATA).text()).isEqualTo("first");
            client.data(1, true, "hello");
            assertThat(client.whole(1)).endsWith("second");
        }
        assertThat(rig.logged(1)).containsExactly("probe sent ok 200");
    }

    @Test
    void resetsWhatBrokeOffAndKeepsTheConnection() throws Exception {
        rig.upstream.script(
                ServerScript.builder()
                        .readRequest()
                        .head(200, "Content-Length: 100")
                        .send("0123456789")
                        .reset()
                        .build(),
                ServerScript.answering("{}"));
        try (FrameClient client = client("{name: probe}")) {
            client.get(1, "/a");
            List<FrameClient.Frame> answer = client.answer(1);
            assertThat(answer.get(answer.size() - 1))
                    .matches(f -> f.type() == RST_STREAM && f.number() == INTERNAL_ERROR);
            client.get(3, "/a");
            assertThat(client.whole(3)).isEqualTo("200 {}");
        }
        assertThat(rig.logged(2)).containsExactly("probe upstream_failed reset 200", "probe sent ok 200");
    }

    @Test
    void cancelsTheUpstreamOfAStreamThatTheClientResets() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .eventStreamHead()
                .endless("9\r\ndata: x\n\n\r\n", Duration.ofMillis(20))
                .build());
        try (FrameClient client = client("{name: probe}")) {
            client.get(1, "/a");
            client.await(frame -> frame.type() == DATA);
            client.reset(1);
            assertThat(rig.logged(1)).containsExactly("probe client_gone reset 200");
            rig.upstreamEnds();
            client.frame(PING, 0, 0, new byte[8]);
            client.await(frame -> frame.type() == PING); // and the connection lives
        }
    }

    @Test
    void hearsOfAClientThatLeaves() throws Exception {
        rig.upstream.script(ServerScript.silent());
        try (FrameClient client = client("{name: probe}")) {
            client.get(1, "/a").get(3, "/a");
            Rig.await(() -> rig.upstream.connections().size() == 2, () -> "no request came");
        }
        assertThat(rig.logged(2)).allMatch(line -> line.startsWith("probe client_gone closed "));
    }

    @Test
    void answersBeforeTheRequestHasEnded() throws Exception {
        try (FrameClient client = client("{name: probe, config: {does: answer}}")) {
            client.head(1, false, head("POST", "/a")).data(1, false, "hello");
            assertThat(client.whole(1)).startsWith("418 ");
            client.data(1, false, "was under way").data(1, true, "as well");
            client.get(3, "/a");
            FrameClient.Frame next = client.await(frame -> frame.stream() == 1 || frame.type() == HEADERS);
            assertThat(next.stream()).as("%s", next).isEqualTo(3); // the first was not reset
        }
    }

    @Test
    void whatFollowsAResetHurtsNoOtherStream() throws Exception {
        rig.upstream.script(ServerScript.silent());
        try (FrameClient client = client("{name: probe}")) {
            client.head(1, false, head("POST", "/a"));
            client.head(3, false, head("POST", "/nowhere"));
            assertThat(client.whole(3)).startsWith("404 ");
            for (int given : List.of(1, 3)) {
                client.reset(given).data(given, false, "was").data(given, true, "queued");
                FrameClient.Frame said = client.await(frame -> frame.stream() == given || frame.type() == GOAWAY);
                assertThat(said.type()).as("%s", said).isEqualTo(RST_STREAM);
                assertThat(said.number()).isEqualTo(STREAM_CLOSED);
            }
            client.get(5, "/nowhere");
            FrameClient.Frame next =
                    client.await(frame -> frame.stream() == 1 || frame.stream() == 3 || frame.type() == HEADERS);
            assertThat(next.stream()).as("%s", next).isEqualTo(5); // one word on each was enough
        }
    }

    @Test
    void theRestOfARequestThatIsAnsweredMayBeResetAsOftenAsNeeded() throws Exception {
        try (FrameClient client = client("{name: probe, config: {does: answer}}")) {
            for (int stream = 1; stream < 1001; stream += 2) {
                client.head(stream, false, head("POST", "/a"));
                assertThat(client.whole(stream)).as("%s", stream).startsWith("418 ");
                client.reset(stream).data(stream, true, "was queued"); // as grpc-java does
            }
        }
    }

    @Test
    void whatBreaksOffBehindTheGatewayIsNotTheClientsDoing() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Length: 10")
                .send("half")
                .close()
                .build());
        try (FrameClient client = client("")) {
            for (int stream = 1; stream < 501; stream += 2) {
                int broken = stream;
                client.get(stream, "/a");
                FrameClient.Frame said = client.await(
                        frame -> frame.stream() == broken && frame.type() == RST_STREAM || frame.type() == GOAWAY);
                assertThat(said.type()).as("%s: %s", stream, said).isEqualTo(RST_STREAM);
            }
        }
    }

    @Test
    void requestsThatNeverEndLeaveRoomForOthers() throws Exception {
        try (FrameClient client = client("{name: probe, config: {does: answer}}")) {
            for (int stream = 1; stream < 301; stream += 2) {
                client.head(stream, false, head("POST", "/a"));
                assertThat(client.whole(stream)).as("%s", stream).startsWith("418 ");
            }
        }
    }

    @Test
    void cutsOffARequestThatWasNeverToldToGoOn() throws Exception {
        try (FrameClient client = client("{name: probe, config: {does: answer}}")) {
            client.head(1, false, with(head("POST", "/a"), "expect", "100-continue"));
            assertThat(client.whole(1)).startsWith("418 ");
            client.frame(PING, 0, 0, new byte[8]);
            FrameClient.Frame next = client.await(frame -> frame.type() == RST_STREAM || frame.type() == PING);
            assertThat(next.type()).isEqualTo(RST_STREAM);
            assertThat(next.number()).isEqualTo(NO_ERROR);
        }
    }

    @Test
    void cutsOffARequestThatGoesOnForTooLongAfterItsAnswer() throws Exception {
        try (FrameClient client = client("{name: probe, config: {does: answer}}")) {
            client.head(1, false, head("POST", "/a"));
            assertThat(client.whole(1)).startsWith("418 ");
            String piece = "x".repeat(16_000);
            int window = 65_535;
            int sent = 0;
            FrameClient.Frame said;
            do {
                for (; window >= piece.length(); window -= piece.length()) {
                    client.data(1, false, piece);
                    sent += piece.length();
                }
                said = client.await(frame -> frame.stream() == 1);
                window += (int) said.number();
            } while (said.type() == WINDOW_UPDATE);
            assertThat(said.type()).isEqualTo(RST_STREAM);
            assertThat(said.number()).isEqualTo(NO_ERROR);
            assertThat(sent).isBetween(1024 * 1024, 1024 * 1024 + 65_535);
            client.get(3, "/a");
            assertThat(client.whole(3)).startsWith("418 ");
        }
    }

    @Test
    void doesNotWaitForEverForTheRestOfARequestThatIsAnswered() throws Exception {
        start("{name: probe, config: {does: answer}}", rates(10_000, 0));
        try (FrameClient client = FrameClient.of(rig)) {
            client.head(1, false, head("POST", "/a")).data(1, false, "hello");
            assertThat(client.whole(1)).startsWith("418 ");
            assertThat(client.await(frame -> frame.stream() == 1).number()).isEqualTo(NO_ERROR);
            client.data(1, false, "was under way").data(1, true, "as well");
            client.get(3, "/a");
            assertThat(client.whole(3)).startsWith("418 ");
        }
    }

    @Test
    void sendsContinueOnceTheBodyIsWanted() throws Exception {
        try (FrameClient client = client("")) {
            client.head(1, false, head("POST", "/a", "expect", "100-continue", "content-length", "5"));
            assertThat(client.await(frame -> frame.type() == HEADERS).headers().status())
                    .asString()
                    .isEqualTo("100");
            client.data(1, true, "hello");
            assertThat(client.whole(1)).isEqualTo("200 {\"ok\":true}");
        }
        assertThat(upstreamSaw()).contains("content-length: 5\r\n").endsWith("\r\n\r\nhello");
    }

    @Test
    void saysThatThereIsNoBodyWhereTheClientDoes() throws Exception {
        try (FrameClient client = client("")) {
            client.head(1, true, head("DELETE", "/a", "content-length", "0"));
            assertThat(client.whole(1)).isEqualTo("200 {\"ok\":true}");
        }
        assertThat(upstreamSaw()).contains("\r\ncontent-length: 0\r\n");
    }

    @Test
    void answersHeadWithoutABody() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Length: 11", "Connection: keep-alive", "Keep-Alive: timeout=5")
                .build());
        try (FrameClient client = client("")) {
            client.head(1, true, head("HEAD", "/a"));
            FrameClient.Frame answer = client.answer(1).get(0);
            assertThat(answer.ends()).isTrue();
            assertThat(answer.headers().get("content-length")).asString().isEqualTo("11");
            assertThat(answer.headers().getAll("date")).hasSize(1);
            assertThat(answer.headers())
                    .noneMatch(field -> field.getKey().toString().contains("onnection"));
            assertThat(answer.headers().contains("keep-alive")).isFalse();
        }
    }

    static Stream<Arguments> heads() {
        Http2Headers many = head("GET", "/a");
        for (int i = 0; i < 101; i++) {
            many.add("x" + i, "1");
        }
        Http2Headers crumbs = head("GET", "/a");
        for (int i = 0; i < 2000; i++) {
            crumbs.add("cookie", "");
        }
        return Stream.of(
                Arguments.of("404", head("GET", "/none")),
                Arguments.of("405", head("TRACE", "/a")),
                Arguments.of(
                        "405", new DefaultHttp2Headers(false).method("CONNECT").authority("a:443")),
                Arguments.of("431", many),
                Arguments.of("431", crumbs),
                Arguments.of("431", head("GET", "/a", "x", "y".repeat(70_000))),
                Arguments.of("400", head("get", "/a")),
                Arguments.of("400", head("GET", "*")),
                Arguments.of("400", head("GET", "http://a/a")),
                Arguments.of("400", head("GET", "/a b")),
                Arguments.of("400", head("GET", "/a#b")),
                Arguments.of("400", head("GET", "/a/%zz")),
                Arguments.of("400", head("GET", "/a", "host", "b")),
                Arguments.of("400", head("GET", "/a").scheme("ftp")),
                Arguments.of("400", head("GET", "/a").authority("u@a")),
                Arguments.of("400", head("GET", "/a").authority("a/x?")),
                Arguments.of("400", head("GET", "/a").authority("a, b")),
                Arguments.of(
                        "400",
                        new DefaultHttp2Headers(false)
                                .method("GET")
                                .scheme("http")
                                .path("/a")),
                Arguments.of("417", head("GET", "/a", "expect", "more")),
                Arguments.of(
                        "reset",
                        new DefaultHttp2Headers(false).scheme("http").path("/a").authority("a")),
                Arguments.of(
                        "reset",
                        new DefaultHttp2Headers(false).method("GET").path("/a").authority("a")),
                Arguments.of(
                        "reset",
                        new DefaultHttp2Headers(false)
                                .method("GET")
                                .scheme("http")
                                .authority("a")),
                Arguments.of("reset", head("GET", "")),
                Arguments.of("reset", head("GET", "/a", ":status", "200")),
                Arguments.of("reset", head("GET", "/a", ":path", "/b")),
                Arguments.of("reset", head("GET", "/a", "x", "y", ":made", "up")),
                Arguments.of("reset", head("GET", "/a", "X", "capital")),
                Arguments.of("reset", head("GET", "/a", "x y", "space")),
                Arguments.of("reset", head("GET", "/a", "x\r\ny", "line")),
                Arguments.of("reset", head("GET", "/a", "", "nameless")),
                Arguments.of("reset", head("GET", "/a", "x", "a\r\nb: c")),
                Arguments.of("reset", head("GET", "/a", "x", "a\u0000b")),
                Arguments.of("reset", head("GET", "/a", "connection", "close")),
                Arguments.of("reset", head("GET", "/a", "transfer-encoding", "chunked")),
                Arguments.of("reset", head("GET", "/a", "upgrade", "h2c")),
                Arguments.of("reset", head("GET", "/a", "te", "gzip")),
                Arguments.of("reset", head("GET", "/a", "content-length", "1")),
                Arguments.of("reset", head("GET", "/a", "content-length", "+0")),
                Arguments.of("reset", head("GET", "/a", "content-length", "0", "content-length", "1")));
    }

    @ParameterizedTest
    @MethodSource("heads")
    void isAsStrictAsWithHttp1(String expected, Http2Headers headers) throws Exception {
        try (FrameClient client = client("")) {
            byte[] block = client.encoded(1, headers);
            int cut = Math.min(block.length, 16_000);
            client.frame(HEADERS, END_STREAM, 1, java.util.Arrays.copyOf(block, cut));
            for (int from = cut; from < block.length; from += 16_000) {
                int to = Math.min(block.length, from + 16_000);
                client.frame(CONTINUATION, 0, 1, java.util.Arrays.copyOfRange(block, from, to));
            }
            client.frame(CONTINUATION, FrameClient.END_HEADERS, 1);
            FrameClient.Frame answer = client.await(frame -> frame.stream() == 1 || frame.type() == GOAWAY);
            if (expected.equals("reset")) {
                assertThat(answer.number()).as("%s", answer).isEqualTo(PROTOCOL_ERROR);
                assertThat(answer.type()).isIn(RST_STREAM, GOAWAY);
            } else {
                assertThat(answer.headers()).as("%s", answer).isNotNull();
                assertThat(answer.headers().status()).asString().isEqualTo(expected);
                assertThat(answer.headers().getAll("date")).hasSize(1);
            }
        }
        assertThat(rig.upstream.requests()).isZero();
    }

    @Test
    void takesNoMoreStreamsThanItSays() throws Exception {
        rig.upstream.script(ServerScript.silent());
        try (FrameClient client = client("{name: probe}")) {
            for (int stream = 1; stream < 600; stream += 2) {
                client.get(stream, "/a");
            }
            for (int i = 0; i < 200; i++) {
                assertThat(client.await(frame -> frame.type() == RST_STREAM).number())
                        .isEqualTo(REFUSED_STREAM);
            }
            Rig.await(() -> rig.gateway.inFlight() == 100, () -> "in flight: " + rig.gateway.inFlight());
        }
        assertThat(rig.logged(100)).hasSize(100);
    }

    @Test
    void endsTheConnectionOfAClientThatResetsAndResets() throws Exception {
        rig.upstream.script(ServerScript.silent());
        try (FrameClient client = client("")) {
            try {
                for (int i = 0; i < 5000; i++) {
                    client.get(2 * i + 1, "/a").reset(2 * i + 1);
                }
            } catch (java.net.SocketException cutOff) {
                // it need not wait for all of them
            }
            assertThat(client.farewell()).isIn((long) ENHANCE_YOUR_CALM, -1L);
        }
        everyRequestWasCancelled();
    }

    @Test
    void whatAClientThatBreaksOffHasGivenUpAlreadyCostsNobodyAnything() throws Exception {
        try (FrameClient client = client("{name: probe}")) {
            rig.upstream.script(ServerScript.silent());
            client.get(1, "/a");
            Rig.await(() -> rig.upstream.connections().size() == 1, () -> "no request came");
            client.reset(1);
            assertThat(rig.logged(1)).containsExactly("probe client_gone reset 499");
            rig.upstream.script(ServerScript.answering("{}"));
            client.hold();
            for (int stream = 3; stream < 43; stream += 2) {
                client.get(stream, "/a").reset(stream);
            }
            client.get(43, "/a");
            client.head(45, false, head("POST", "/a")).data(45, true, "hello");
            client.release();
            assertThat(client.whole(43)).isEqualTo("200 {}");
            client.get(47, "/a");
            assertThat(client.whole(47)).isEqualTo("200 {}");
            Rig.await(() -> rig.upstream.requests() >= 3, () -> "the upstream read " + rig.upstream.connections());
        }
        assertThat(rig.logged(4)).hasSize(4);
        assertThat(rig.upstream.requests()).isEqualTo(3);
    }

    private void everyRequestWasCancelled() throws Exception {
        Rig.await(() -> rig.gateway.inFlight() == 0, () -> "in flight: " + rig.gateway.inFlight());
        assertThat(rig.upstream.connections().size()).isLessThanOrEqualTo(201);
        assertThat(rig.upstream.requests()).isLessThanOrEqualTo(200);
        Rig.await(
                () -> rig.upstream.connections().stream()
                        .allMatch(connection -> connection.requests() == 0 || connection.ended()),
                () -> "the upstream still works for " + rig.upstream.connections());
    }

    @Test
    void endsTheConnectionOfAClientThatMakesUsReset() throws Exception {
        rig.upstream.script(ServerScript.silent());
        try (FrameClient client = client("")) {
            try {
                for (int i = 0; i < 3000; i++) {
                    client.get(2 * i + 1, "/a").window(2 * i + 1, 0);
                }
            } catch (java.net.SocketException cutOff) {
                // it need not wait for all of them
            }
            assertThat(client.farewell()).isIn((long) ENHANCE_YOUR_CALM, -1L);
        }
        everyRequestWasCancelled();
    }

    @Test
    void endsTheConnectionOfAClientThatContinuesItsHeadForEver() throws Exception {
        try (FrameClient client = client("")) {
            client.frame(HEADERS, END_STREAM, 1, client.encoded(1, head("GET", "/a")));
            for (int i = 0; i < 17; i++) {
                client.frame(CONTINUATION, 0, 1);
            }
            assertThat(client.farewell()).isEqualTo(ENHANCE_YOUR_CALM);
        }
    }

    @Test
    void slowsAClientDownWhoseBodyNobodyTakes() throws Exception {
        rig.upstream.script(ServerScript.builder().readHead().stall().build());
        try (FrameClient client = client("{name: probe}", INITIAL_WINDOW, 65_535)) {
            client.head(1, false, head("POST", "/a"));
            String piece = "x".repeat(16_000);
            int sent = 0;
            for (; sent < 4; sent++) {
                client.data(1, false, piece);
            }
            Rig.await(() -> rig.gateway.inFlight() == 1, () -> "no request");
            client.get(3, "/nowhere"); // another stream goes on
            assertThat(client.whole(3)).startsWith("404 ");
            client.reset(1);
        }
        assertThat(rig.logged(2)).contains("probe client_gone reset 499");
    }

    @Test
    void sendsNoMoreThanTheClientsWindow() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Length: 100000000")
                .endless("0123456789abcdef".repeat(64), Duration.ZERO)
                .build());
        try (FrameClient client = client("{name: probe}", INITIAL_WINDOW, 10)) {
            client.get(1, "/a");
            assertThat(client.await(frame -> frame.type() == DATA).text()).isEqualTo("0123456789");
            client.window(1, 3);
            assertThat(client.await(frame -> frame.type() == DATA).text()).isEqualTo("abc");
            client.reset(1);
        }
        assertThat(rig.logged(1)).containsExactly("probe client_gone reset 200");
    }

    @Test
    void givesUpAClientThatTakesNothing() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Length: 40")
                .send("0123456789".repeat(4))
                .build());
        start("{name: probe}", limits(10_000, 75_000, 60_000, 300));
        try (FrameClient client = FrameClient.of(rig, INITIAL_WINDOW, 10)) {
            client.get(1, "/a");
            assertThat(client.await(frame -> frame.type() == RST_STREAM).number())
                    .isEqualTo(INTERNAL_ERROR);
        }
        assertThat(rig.logged(1)).containsExactly("probe client_gone send_timeout 200");
    }

    private static Settings.ClientLimits rates(int body, int send) {
        Duration longTime = Duration.ofMinutes(10);
        return new Settings.ClientLimits(
                longTime,
                longTime,
                longTime,
                longTime,
                100,
                new Settings.Rates(body, send, Duration.ofMillis(300)),
                Settings.Most.DEFAULT);
    }

    @Test
    void answersAClientWhoseBodyOnlyTrickles() throws Exception {
        start("{name: edge, config: {does: read-all}}", rates(10_000, 0));
        try (FrameClient client = FrameClient.of(rig)) {
            client.head(1, false, head("POST", "/a", "content-length", "10")).data(1, false, "hello");
            assertThat(client.whole(1)).startsWith("408 ");
        }
    }

    @Test
    void givesUpAClientThatTakesLessThanTheRate() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Length: 400000")
                .send("0123456789".repeat(40_000))
                .build());
        start("{name: probe}", rates(0, 10_000));
        try (FrameClient client = FrameClient.of(rig, INITIAL_WINDOW, 10)) {
            client.get(1, "/a");
            for (int i = 0; i < 50; i++) {
                client.window(1, 1); // that it takes something does not save it
            }
            assertThat(client.await(frame -> frame.type() == RST_STREAM).number())
                    .isEqualTo(INTERNAL_ERROR);
        }
        assertThat(rig.logged(1)).containsExactly("probe client_gone send_timeout 200");
    }

    private static Settings.ClientLimits limits(int header, int idle, int body, int send) {
        return new Settings.ClientLimits(
                Duration.ofMillis(header),
                Duration.ofMillis(idle),
                Duration.ofMillis(body),
                Duration.ofMillis(send),
                100,
                Settings.Rates.DEFAULT,
                Settings.Most.DEFAULT);
    }

    @Test
    void endsConnectionsThatAreIdle() throws Exception {
        start("", limits(10_000, 300, 60_000, 60_000));
        try (FrameClient client = FrameClient.holding(rig)) { // so that it is not idle before its request
            client.get(1, "/a").release();
            assertThat(client.whole(1)).startsWith("200 ");
            assertThat(client.farewell()).isEqualTo(NO_ERROR);
        }
    }

    @Test
    void doesNotWaitForEverForAFrame() throws Exception {
        start("", limits(2000, 75_000, 60_000, 60_000));
        try (FrameClient client = FrameClient.of(rig)) {
            client.bytes(new byte[] {0, 0, 9, HEADERS, 0, 0, 0, 0, 1, 0, 0});
            assertThat(client.farewell()).isEqualTo(ENHANCE_YOUR_CALM);
        }
    }

    @Test
    void doesNotWaitForEverForTheEndOfAHead() throws Exception {
        start("", limits(2000, 75_000, 60_000, 60_000));
        try (FrameClient client = FrameClient.of(rig)) {
            client.frame(HEADERS, END_STREAM, 1, client.encoded(1, head("GET", "/a")));
            assertThat(client.farewell()).isEqualTo(ENHANCE_YOUR_CALM);
        }
    }

    @Test
    void doesNotWaitForEverForThePreface() throws Exception {
        start("", limits(2000, 75_000, 60_000, 60_000));
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "PRI * HTT");
            assertThat(Rig.rest(socket)).endsWith("<closed>");
        }
        try (Socket socket = rig.connect()) {
            Rig.send(socket, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
            assertThat(Rig.rest(socket)).endsWith("<closed>");
        }
    }

    @Test
    void answersAClientWhoseBodyIsLate() throws Exception {
        start("{name: edge, config: {does: read-all}}", limits(10_000, 75_000, 300, 60_000));
        try (FrameClient client = FrameClient.of(rig)) {
            client.head(1, false, head("POST", "/a", "content-length", "10")).data(1, false, "hello");
            assertThat(client.whole(1)).startsWith("408 ");
        }
    }

    @Test
    void doesNotWaitForTheRestOfARequestThatIsAnsweredOnceItStops() throws Exception {
        try (FrameClient client = client("{name: probe, config: {does: answer}}")) {
            client.head(1, false, head("POST", "/a"));
            assertThat(client.whole(1)).startsWith("418 ");
            rig.gateway.stop(Duration.ofSeconds(4));
            assertThat(rig.log.list)
                    .noneMatch(event -> event.getFormattedMessage().contains("not everything was closed"));
            assertThat(client.await(frame -> frame.type() == RST_STREAM).number())
                    .isEqualTo(NO_ERROR);
        }
    }

    @Test
    void saysGoodbyeAndEndsWhatIsUnderWay() throws Exception {
        rig.upstream.script(ServerScript.builder()
                .readRequest()
                .head(200, "Content-Length: 2")
                .awaitRelease()
                .send("ok")
                .build());
        try (FrameClient client = client("{name: probe}")) {
            client.get(1, "/a");
            client.await(frame -> frame.type() == HEADERS);
            Thread stopping = new Thread(() -> rig.gateway.stop(Rig.SOON));
            stopping.start();
            FrameClient.Frame first = client.await(frame -> frame.type() == GOAWAY);
            assertThat(first.number()).isEqualTo(NO_ERROR);
            FrameClient.Frame ping = client.await(frame -> frame.type() == PING);
            client.get(3, "/nowhere"); // was under way
            client.frame(PING, FrameClient.ACK, 0, ping.payload().array());
            assertThat(client.whole(3)).startsWith("404 ");
            rig.upstream.release();
            assertThat(client.await(frame -> frame.type() == DATA).text()).isEqualTo("ok");
            assertThat(client.farewell()).isIn((long) NO_ERROR, -1L);
            stopping.join();
        }
        assertThat(rig.logged(2)).contains("probe sent ok 200");
    }
}
